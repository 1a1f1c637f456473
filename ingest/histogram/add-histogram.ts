import { Kind } from '../../schemas/points.js'
import type { PointSink } from '../sink.js'
import type { CumulativeHistograms } from './cumulative.js'
import type { ExponentialHistogram } from './exponential.js'
import type { SeriesFamily } from './series-family.js'
import { takeApart } from './take-apart.js'

/** A histogram with explicit bounds, at one time. */
export interface ClassicHistogram {
  timeMs: number
  count: number
  sum: number | undefined
  /** Upper bounds of all buckets but the last, ascending. */
  bounds: readonly number[]
  /** Observations in each bucket; those of the last, unbounded one follow from `count`. */
  bucketCounts: readonly number[]
}

/**
 * Adds a classic histogram as Prometheus spells it: `_bucket{le}` counting everything up to its bound, `_sum`, `_count`.
 * @param boundText how a bound is written as `le`
 */
export function addClassic(
  sink: PointSink,
  family: SeriesFamily,
  kind: typeof Kind.Sample | typeof Kind.EventCounter,
  { timeMs, count, sum, bounds, bucketCounts }: ClassicHistogram,
  boundText: (bound: number) => string,
): void {
  if (sum !== undefined) add(sink, family.suffixed(sink, kind, '_sum'), timeMs, sum)
  add(sink, family.suffixed(sink, kind, '_count'), timeMs, count)
  let below = 0
  for (let i = 0; i < bounds.length && i < bucketCounts.length; i++) {
    below += bucketCounts[i]
    if (bounds[i] === Infinity) continue
    add(sink, family.labelled(sink, kind, '_bucket', ['le', boundText(bounds[i])]), timeMs, below)
  }
  add(sink, family.labelled(sink, kind, '_bucket', ['le', '+Inf']), timeMs, count)
}

/** Adds the observations of an exponential histogram (of a delta, or a growth) to the event series of the bare name. */
export function addObservations(
  sink: PointSink,
  family: SeriesFamily,
  timeMs: number,
  histogram: ExponentialHistogram,
): void {
  if (histogram.count === 0) return
  const handle = family.bare(sink, Kind.EventTimer)
  if (handle !== -1) takeApart(histogram, (value, weight) => sink.add(handle, timeMs, value, weight))
}

/**
 * Adds a cumulative exponential histogram: `_count` and `_sum` as readings, and what was observed since the one before
 * as observations.
 * @param startMs when its counting began, 0 if not known
 */
export function addCumulative(
  sink: PointSink,
  family: SeriesFamily,
  states: CumulativeHistograms,
  histogram: ExponentialHistogram,
  startMs: number,
  timeMs: number,
): void {
  add(sink, family.suffixed(sink, Kind.Sample, '_count'), timeMs, histogram.count)
  if (histogram.sum !== undefined) add(sink, family.suffixed(sink, Kind.Sample, '_sum'), timeMs, histogram.sum)
  const added = states.observe(family.key, histogram, startMs, timeMs)
  if (added !== undefined) addObservations(sink, family, timeMs, added)
}

/** Adds one point unless its series was refused. */
function add(sink: PointSink, handle: number, timeMs: number, value: number): void {
  if (handle !== -1) sink.add(handle, timeMs, value, 1)
}
