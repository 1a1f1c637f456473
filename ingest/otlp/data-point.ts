import type { Label } from '../../schemas/series/series.js'
import { type ExponentialHistogram, emptyHistogram } from '../histogram/exponential.js'

/** What kind of metric a data point belongs to. */
export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponential' | 'summary'

/** AggregationTemporality of the specification. */
export const Temporality = { Unspecified: 0, Delta: 1, Cumulative: 2 } as const

/** What stands above the data points of one metric. */
export interface MetricHeader {
  name: string
  unit: string
  /** What the metric is, in words. */
  description: string
  type: MetricType
  /** One of {@link Temporality}; without meaning for gauges and summaries. */
  temporality: number
  isMonotonic: boolean
}

/** What stands above the metrics of one instrumentation scope. */
export interface ScopeHeader {
  name: string
  version: string
  schemaUrl: string
  attributes: Label[]
}

/** More bounds or quantiles than this in one data point are refused. */
const MAX_BOUNDS = 4096

/** Attributes of a data point: known by their bytes, read only when those are new. */
export interface PointAttributes {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** @throws BadPointError */
  read(): Label[]
}

/** A data point that cannot be used; the message says why. */
export class BadPointError extends Error {
  override readonly name = 'BadPointError'
}

/**
 * One data point of any type, filled by the reader of either encoding. One object serves for all points of a request;
 * `clear` between them.
 */
export class DataPoint {
  startMs = 0
  timeMs = 0
  /** Bit 0: no recorded value. */
  flags = 0
  /** Of gauges and sums; undefined if the point has none. */
  value: number | undefined
  count = 0
  sum: number | undefined
  /** Upper bounds of a histogram, or the quantiles of a summary. */
  readonly bounds: number[] = []
  /** Counts of a histogram's buckets, or the values at a summary's quantiles. */
  readonly values: number[] = []
  /** Of exponential histograms; a new one for each point, because it may be kept. */
  exponential: ExponentialHistogram = emptyHistogram(0)
  /** What is wrong with the point, in words; the first thing found. */
  fault: string | undefined

  clear(type: MetricType): void {
    this.startMs = 0
    this.timeMs = 0
    this.flags = 0
    this.value = undefined
    this.count = 0
    this.sum = undefined
    this.bounds.length = 0
    this.values.length = 0
    this.fault = undefined
    if (type === 'exponential') this.exponential = emptyHistogram(0)
  }

  get hasNoValue(): boolean {
    return (this.flags & 1) === 1
  }

  /** Adds to `bounds` or `values`; too many are a fault and are not kept. */
  keep(list: number[], value: number): void {
    if (list.length > MAX_BOUNDS) this.fault ??= `the data point has more than ${MAX_BOUNDS} bounds`
    else list.push(value)
  }
}
