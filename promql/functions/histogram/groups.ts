import { WARNING } from '../../annotations.js'
import type { Span } from '../../ast.js'
import type { EvalContext } from '../../evaluate/context.js'
import { FLOAT, HISTOGRAM, type StepSeries } from '../../evaluate/values.js'
import { dropLabels, type LabelSet, labelsKey, labelValue, METRIC_NAME } from '../../labels.js'
import { ClassicBuckets } from './classic-buckets.js'

/** What one label set has of a histogram: a native one, or classic buckets, or one after the other. */
export interface HistogramGroup {
  labels: LabelSet
  native?: StepSeries
  classic?: ClassicBuckets
}

const BOUND_LABEL = 'le'
const BOUND_LABELS = new Set([BOUND_LABEL])
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/**
 * The histograms of a vector. Floats are classic buckets: they belong together if all labels but `le` are the same.
 * Warns of floats whose `le` is no number.
 */
export function groupHistograms(vector: readonly StepSeries[], span: Span, context: EvalContext): HistogramGroup[] {
  const groups = new Map<string, HistogramGroup & { buckets: { bound: number; series: StepSeries }[] }>()
  const groupOf = (labels: LabelSet) => {
    const key = labelsKey(labels)
    const group = groups.get(key) ?? { labels, buckets: [] }
    groups.set(key, group)
    return group
  }
  for (const series of vector) {
    if (series.present.includes(HISTOGRAM)) groupOf(series.labels).native = series
    if (!series.present.includes(FLOAT)) continue
    const text = labelValue(series.labels, BOUND_LABEL)
    const bound = parseBound(text)
    if (bound === undefined) {
      context.annotations.warn(WARNING.badBucketLabel(labelValue(series.labels, METRIC_NAME), text), span)
    } else groupOf(dropLabels(series.labels, BOUND_LABELS)).buckets.push({ bound, series })
  }
  return [...groups.values()].map(({ labels, native, buckets }) => ({
    labels,
    native,
    classic: buckets.length === 0 ? undefined : new ClassicBuckets(buckets),
  }))
}

/** A bucket's upper bound; undefined if the text is no number that a double holds. */
function parseBound(text: string): number | undefined {
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const bound = NUMBER.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(bound) ? bound : undefined
}
