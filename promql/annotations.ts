import type { Span } from './ast.js'
import { formatG, formatRoundedG } from './print/number.js'

/** A warning or an info about an answer, and the part of the query that it is about. */
interface Annotation {
  text: string
  span: Span
  /** How often it was met, where that is told. */
  occurrences?: number
}

/**
 * What the user should know about an answer that is right nevertheless. Each text comes once, whatever number of series
 * gave rise to it, at the last place that did. Wordings are Prometheus's (util/annotations), so that dashboards show
 * what their users know.
 */
export class Annotations {
  readonly #warnings = new Map<string, Annotation>()
  readonly #infos = new Map<string, Annotation>()

  warn(text: string, span: Span): void {
    this.#warnings.set(text, { text, span })
  }

  /** As `warn`, and how often this was called is told behind the text. */
  warnCounted(text: string, span: Span): void {
    const occurrences = (this.#warnings.get(text)?.occurrences ?? 0) + 1
    this.#warnings.set(text, { text, span, occurrences })
  }

  inform(text: string, span: Span): void {
    this.#infos.set(text, { text, span })
  }

  /** `PromQL warning: <text> (<line>:<column>)`. */
  warnings(query: string): string[] {
    return [...this.#warnings.values()].map(({ text, span, occurrences = 1 }) => {
      const times = occurrences > 1 ? ` (${occurrences} occurrences)` : ''
      return `PromQL warning: ${text}${times} ${position(query, span)}`
    })
  }

  /** `PromQL info: <text> (<line>:<column>)`. */
  infos(query: string): string[] {
    return [...this.#infos.values()].map((one) => `PromQL info: ${one.text} ${position(query, one.span)}`)
  }
}

/** Lines and columns count from 1, columns in bytes of UTF-8 as Prometheus counts them. */
function position(query: string, { from }: Span): string {
  const before = query.slice(0, from)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return `(${line}:${Buffer.byteLength(before.slice(lineStart)) + 1})`
}

const ofMetric = (metric: string) => (metric === '' ? '' : ` for metric name ${JSON.stringify(metric)}`)
const isoSeconds = (timeMs: number) => new Date(Math.trunc(timeMs / 1000) * 1000).toISOString().replace('.000Z', 'Z')
const quoted = (text: string) => JSON.stringify(text)

/** What histograms were combined for. */
export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation'

/** What had to be done to classic buckets so that they never fall. */
export interface MonotonicityFix {
  /** Bounds of the lowest and the highest bucket that was raised. */
  lowest: number
  highest: number
  /** By how much one was raised at most. */
  most: number
}

/** Fixes of a metric over its histograms and steps. */
export interface MonotonicityFixes extends MonotonicityFix {
  histograms: number
  firstMs: number
  lastMs: number
}

/** Texts of warnings. */
export const WARNING = {
  invalidQuantile: (q: number) => `quantile value should be between 0 and 1, got ${formatG(q)}`,
  invalidRatio: (ratio: number, to: number) =>
    `ratio value should be between -1 and 1, got ${formatG(ratio)}, capping to ${formatG(to)}`,
  rangeTooShort: () => 'range too short; does not contain enough samples to extrapolate rate',
  badBucketLabel: (metric: string, label: string) =>
    `bucket label "le" is missing or has a malformed value of ${quoted(label)}${ofMetric(metric)}`,
  mixedFloatsHistograms: (metric: string) =>
    `encountered a mix of histograms and floats for metric name ${quoted(metric)}`,
  mixedFloatsHistogramsAggregation: () => 'encountered a mix of histograms and floats for aggregation',
  mixedClassicNative: (metric: string) => `vector contains a mix of classic and native histograms${ofMetric(metric)}`,
  notCounter: (metric: string) => `this native histogram metric is not a counter: ${quoted(metric)}`,
  notGauge: (metric: string) => `this native histogram metric is not a gauge: ${quoted(metric)}`,
  mixedExponentialCustom: (metric: string) =>
    `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${quoted(metric)}`,
  incompatibleCustomBuckets: (metric: string) =>
    `vector contains histograms with incompatible custom buckets for metric name ${quoted(metric)}`,
  sortInRangeQuery: () => 'sort is ineffective for range queries since results are always ordered by labels',
  startTimeOverlap: (metric: string) =>
    `sample has start time that overlaps with previous sample timestamp for metric ${quoted(metric)}`,
  incompatibleBucketLayout: (op: string) => `incompatible bucket layout encountered for binary operator ${op}`,
  counterResetCollision: (operation: HistogramOperation) => `conflicting counter resets during histogram ${operation}`,
} as const

/** Texts of infos. */
export const INFO = {
  possibleNonCounter: (metric: string) =>
    `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${quoted(metric)}`,
  possibleNonCounterLabel: (metric: string, type: string) =>
    `metric might not be a counter, __type__ label is not set to "counter" or "histogram", got ${quoted(type)}: ${quoted(metric)}`,
  forcedMonotonicity: (metric: string, fixes: MonotonicityFixes) =>
    `input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${ofMetric(metric)}` +
    `, from buckets ${formatG(fixes.lowest)} to ${formatG(fixes.highest)}` +
    `, with a max diff of ${formatRoundedG(fixes.most, 2)}` +
    `, over ${fixes.histograms} samples from ${isoSeconds(fixes.firstMs)} to ${isoSeconds(fixes.lastMs)}`,
  incompatibleTypes: (left: string, op: string, right: string) =>
    `incompatible sample types encountered for binary operator ${quoted(op)}: ${left} ${op} ${right}`,
  histogramIgnored: (aggregation: string) => `ignored histogram in ${aggregation} aggregation`,
  histogramIgnoredInRange: (metric: string) =>
    `ignored histograms in a range containing both floats and histograms for metric name ${quoted(metric)}`,
  mismatchedCustomBuckets: (operation: HistogramOperation) =>
    `mismatched custom buckets were reconciled during ${operation}`,
  quantileNaNResult: (metric: string) =>
    `input to histogram_quantile has NaN observations, result is NaN${ofMetric(metric)}`,
  quantileNaNSkew: (metric: string) =>
    `input to histogram_quantile has NaN observations, result is skewed higher${ofMetric(metric)}`,
  fractionNaNs: (metric: string) =>
    `input to histogram_fraction has NaN observations, which are excluded from all fractions${ofMetric(metric)}`,
} as const
