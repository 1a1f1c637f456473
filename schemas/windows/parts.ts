import { Kind } from '../points.js'
import type { WindowColumns } from './columns.js'

/** In ascending order. */
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const
const QUANTILE_NAMES: readonly string[] = Object.keys(QUANTILES)
const ALL_QUANTILES = Object.values(QUANTILES)
const quantiles = new Float64Array(ALL_QUANTILES.length)

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

/** A part whose value is a number that this file knows. */
export type NumberPart = Exclude<Part, 'first' | 'last' | 'histogram'>

/** Value of a part of a window that holds a finite value; what the bare name means is that of an event series. */
export function partValue(part: NumberPart, windows: WindowColumns, row: number): number {
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
      return withinRange(windows, row, windows.sketch[row]?.quantile(QUANTILES[part]))
    default:
      return windows[part][row]
  }
}

/** As {@link partValue}, of several parts, of which the quantiles are looked up together. @param into their values, by part */
export function partValues(
  parts: readonly NumberPart[],
  windows: WindowColumns,
  row: number,
  into: Float64Array,
): void {
  const sketch = windows.sketch[row]
  let areKnown = false
  for (let i = 0; i < parts.length; i++) {
    const at = QUANTILE_NAMES.indexOf(parts[i])
    if (at === -1 || !sketch) {
      into[i] = partValue(parts[i], windows, row)
      continue
    }
    if (!areKnown) {
      quantiles.set(ALL_QUANTILES)
      sketch.quantiles(quantiles)
      areKnown = true
    }
    into[i] = withinRange(windows, row, quantiles[at])
  }
}

/** The middle of a bucket can lie outside of what was seen. @param value undefined where no sketch is stored: all are equal */
function withinRange(windows: WindowColumns, row: number, value = windows.min[row]): number {
  return Math.min(Math.max(value, windows.min[row]), windows.max[row])
}
