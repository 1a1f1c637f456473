import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../schemas/histogram.js'
import { type LabelSet, labelsKey, labelValue, METRIC_NAME, setLabel } from '../labels.js'
import { parseScriptNumber } from './series-line.js'

/** A float of a classic histogram's series. */
export interface ClassicPoint {
  labels: LabelSet
  timeMs: number
  value: number
}

/** A native histogram at a time of its series. */
export interface ConvertedPoint {
  labels: LabelSet
  timeMs: number
  histogram: NativeHistogram
}

interface Collected {
  labels: LabelSet
  timeMs: number
  /** Cumulative counts by upper bound. */
  buckets: Map<number, number>
  count?: number
  sum: number
}

const PART = /^(.*)_(bucket|count|sum)$/s

/**
 * Native histograms with custom buckets from the series `x_bucket`, `x_count` and `x_sum`, under the name `x`, in order
 * of time (util/convertnhcb of Prometheus).
 * @throws Error if the buckets of a histogram do not fit each other
 */
export function customBucketHistograms(points: Iterable<ClassicPoint>): ConvertedPoint[] {
  const histograms = new Map<string, Collected>()
  for (const point of points) collect(histograms, point)
  return [...histograms.values()]
    .sort((a, b) => a.timeMs - b.timeMs)
    .map((collected) => ({ labels: collected.labels, timeMs: collected.timeMs, histogram: convert(collected) }))
}

function collect(histograms: Map<string, Collected>, { labels, timeMs, value }: ClassicPoint): void {
  const [, base, part] = PART.exec(labelValue(labels, METRIC_NAME)) ?? []
  if (part === undefined) return
  const bound = part === 'bucket' ? parseScriptNumber(labelValue(labels, 'le')) : 0
  if (bound === undefined || Number.isNaN(bound)) return
  const own = setLabel(setLabel(labels, METRIC_NAME, base), 'le', '')
  const key = `${timeMs}\0${labelsKey(own)}`
  const collected = histograms.get(key) ?? { labels: own, timeMs, buckets: new Map<number, number>(), sum: 0 }
  histograms.set(key, collected)
  if (part === 'bucket') {
    if (!collected.buckets.has(bound)) collected.buckets.set(bound, value)
  } else {
    collected[part as 'count' | 'sum'] = value
  }
}

function convert({ labels, buckets, count, sum }: Collected): NativeHistogram {
  const name = labelValue(labels, METRIC_NAME)
  const bounds = [...buckets].sort(([a], [b]) => a - b)
  const last = bounds.at(-1)
  const total = count ?? last?.[1]
  if (total === undefined) throw new Error(`${name} has neither a count nor a bucket`)
  if (last?.[0] !== Number.POSITIVE_INFINITY) bounds.push([Number.POSITIVE_INFINITY, total])
  else if (last[1] !== total) throw new Error(`${name}: the count ${total} differs from ${last[1]} in le="+Inf"`)
  const index: number[] = []
  const counts: number[] = []
  let below = 0
  bounds.forEach(([bound, cumulative], i) => {
    if (!(cumulative >= below))
      throw new Error(`${name}: le="${bound}" has ${cumulative}, the bucket before it ${below}`)
    if (cumulative > below) {
      index.push(i)
      counts.push(cumulative - below)
    }
    below = cumulative
  })
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: total,
    sum,
    positive: { index, count: counts },
    negative: { index: [], count: [] },
    customValues: bounds.slice(0, -1).map(([bound]) => bound),
    counterReset: 'unknown',
  }
}
