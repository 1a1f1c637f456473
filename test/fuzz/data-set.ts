import type { LabelSet } from '../../promql/labels.js'
import { MemorySource, type PointValue } from '../../promql/script/memory-source.js'

/** A point of a random series. */
export interface FuzzPoint {
  timeMs: number
  value: PointValue
  /** Since when its counter has counted, ms; 0 if that is not known. */
  startMs: number
}

/** A random series, its points in order of time. */
export interface FuzzSeries {
  /** Sorted, the metric name among them. */
  labels: LabelSet
  points: readonly FuzzPoint[]
}

/** The points that queries are asked of. */
export interface DataSet {
  /** Every time is a multiple of it, so that a test script can load the points. */
  unitMs: number
  series: readonly FuzzSeries[]
}

/** The points as a source that answers as Prometheus's storage would. */
export function sourceOf({ series }: DataSet): MemorySource {
  const source = new MemorySource()
  for (const { labels, points } of series) {
    for (const { timeMs, value, startMs } of points) source.append(labels, timeMs, value, startMs)
  }
  return source
}
