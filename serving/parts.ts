import { sketchOf } from '../schemas/aggregates/distribution.js'
import { Kind } from '../schemas/points.js'
import { FIRST_STALE, LAST_STALE, type WindowColumns } from '../schemas/windows/columns.js'

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

/** Takes one point of a part. */
export type EmitPoint = (timeMs: number, value: number, stale: boolean) => void

/**
 * The points that a part of one window contributes. The bare name of a sample series gives its first and last point
 * at their own times; every other part gives one value at the last millisecond of the window, or none where the
 * window holds no finite value.
 * @param tierMs length of the window, ms
 */
export function emitPart(part: Part, windows: WindowColumns, row: number, tierMs: number, emit: EmitPoint): void {
  if (part === 'bare' && windows.series[row].kind === Kind.Sample) {
    emitEdges(windows, row, emit)
    return
  }
  const endMs = windows.start[row] + tierMs - 1
  if (part === 'first') emit(endMs, windows.first[row], (windows.stale[row] & FIRST_STALE) !== 0)
  else if (part === 'last') emit(endMs, windows.last[row], (windows.stale[row] & LAST_STALE) !== 0)
  else if (windows.count[row] > 0) emit(endMs, partOf(part, windows, row), false)
  // A window with nothing but a staleness marker ends the series, and with it each of its parts.
  else if ((windows.stale[row] & LAST_STALE) !== 0) emit(endMs, Number.NaN, true)
}

/**
 * True if a longer tier says the same: only the bare name of sample series, whose first and last point keep their own
 * times in every tier. All other parts are values of a window, and that of an hour is not that of its last 10 s.
 */
export function rollsUp(part: Part, kinds: ReadonlySet<Kind>): boolean {
  return part === 'bare' && !kinds.has(Kind.EventCounter) && !kinds.has(Kind.EventTimer)
}

function emitEdges(windows: WindowColumns, row: number, emit: EmitPoint): void {
  const firstMs = windows.firstMs[row]
  const lastMs = windows.lastMs[row]
  if (firstMs < lastMs) emit(firstMs, windows.first[row], (windows.stale[row] & FIRST_STALE) !== 0)
  if (!Number.isNaN(lastMs)) emit(lastMs, windows.last[row], (windows.stale[row] & LAST_STALE) !== 0)
}

function partOf(part: Exclude<Part, 'first' | 'last'>, windows: WindowColumns, row: number): number {
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
