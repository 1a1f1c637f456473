import { type LabelSet, labelsKey, METRIC_NAME, setLabel } from '../promql/labels.js'
import type { NativeHistogram } from '../schemas/histogram.js'
import type { Given } from './ask.js'
import type { RecordingRule, RuleGroup } from './rule-file.js'

/** A point that a rule records; `stale` ends its series. */
export interface RecordedPoint {
  /** The metric's name among them. */
  labels: LabelSet
  timeMs: number
  value: number | NativeHistogram | 'stale'
}

/** A point that can be stored: histograms are, for now, in unit tests alone. */
export type StoredPoint = RecordedPoint & { value: number | 'stale' }

/** The series that a rule gave when it was evaluated last, by key. */
export type RecordedSeries = ReadonlyMap<string, LabelSet>

/**
 * The points that come of what a recording rule's expression gave.
 * @param timeMs of the points
 * @throws Error if the rule's labels make two of the series one, or if there are more than the group allows
 */
export function recordedPoints(
  rule: RecordingRule,
  given: readonly Given[],
  { limit = 0 }: Pick<RuleGroup, 'limit'>,
  timeMs: number,
): RecordedPoint[] {
  const points = given.map(({ labels, value, histogram }) => {
    let own: LabelSet = setLabel(labels, METRIC_NAME, rule.record)
    for (const { name, text } of rule.labels) own = setLabel(own, name, text)
    return { labels: own, timeMs, value: histogram ?? value }
  })
  if (new Set(points.map(({ labels }) => labelsKey(labels))).size < points.length) {
    throw new Error('two series of its expression have the same labels once those of the rule are set')
  }
  if (limit > 0 && points.length > limit) throw new Error(`exceeded limit of ${limit} with ${points.length} series`)
  return points
}

/** Which series points belong to. */
export function seriesOfPoints(points: readonly RecordedPoint[]): Map<string, LabelSet> {
  return new Map(points.map(({ labels }) => [labelsKey(labels), labels]))
}

/** Staleness markers for the series that were there before and are no more. */
export function staleMarkers(before: RecordedSeries, now: RecordedSeries, timeMs: number): StoredPoint[] {
  const gone = [...before].filter(([key]) => !now.has(key))
  return gone.map(([, labels]) => ({ labels, timeMs, value: 'stale' as const }))
}
