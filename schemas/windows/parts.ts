import { sketchOf } from '../aggregates/distribution.js'
import { Kind } from '../points.js'
import type { WindowColumns } from './columns.js'

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

/** The parts of a window that a colon suffix addresses as a virtual metric: `api_latency:p99`. */
const SUFFIXES = [
  ...(Object.keys(QUANTILES) as (keyof typeof QUANTILES)[]),
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'first',
  'last',
  'increase',
  'histogram',
] as const
export type Suffix = (typeof SUFFIXES)[number]

/** A part of a window: one of a suffix, or what the bare name means for the series' kind. */
export type Part = Suffix | 'bare'

/** A metric name with a suffix, taken apart at its last colon; undefined if it has none. */
export function splitVirtualName(name: string): { metric: string; part: Suffix } | undefined {
  const colon = name.lastIndexOf(':')
  const part = SUFFIXES.find((suffix) => suffix === name.slice(colon + 1))
  return colon > 0 && part ? { metric: name.slice(0, colon), part } : undefined
}

/** Value of a part of a window that holds a finite value; what the bare name means is that of an event series. */
export function partValue(
  part: Exclude<Part, 'first' | 'last' | 'histogram'>,
  windows: WindowColumns,
  row: number,
): number {
  const kind = windows.series[row].kind
  switch (part) {
    case 'bare':
      return kind === Kind.EventTimer ? windows.sum[row] / windows.count[row] : windows.sum[row]
    case 'avg':
      return windows.sum[row] / windows.count[row]
    case 'increase':
      return kind === Kind.Sample ? windows.increase[row] : windows.sum[row]
    case 'p50':
    case 'p95':
    case 'p99':
      // The middle of a bucket can lie outside of what was seen.
      return Math.min(Math.max(sketchOf(windows, row).quantile(QUANTILES[part]), windows.min[row]), windows.max[row])
    default:
      return windows[part][row]
  }
}
