import { Kind } from '../../schemas/points.js'
import { type Label, Series } from '../../schemas/series/series.js'

const METRICS = ['anomaly_score', 'anomaly_lower', 'anomaly_upper'] as const
const SCORE_METRICS: ReadonlySet<string> = new Set(METRICS)

/**
 * The series that a scored series gives: its labels, and its metric's name as the label `metric`. A label `metric` of its
 * own becomes `exported_metric`, as Prometheus does it.
 * @returns score, lower and upper
 */
export function scoreSeriesOf(source: Series): readonly [Series, Series, Series] {
  const labels = source.labels.map(([name, value]): Label => [name === 'metric' ? 'exported_metric' : name, value])
  labels.push(['metric', source.metric])
  const [score, lower, upper] = METRICS.map((metric) => Series.of(metric, labels, Kind.Sample))
  return [score, lower, upper]
}

/** True for the metrics that scores are kept in. */
export function isScoreMetric(metric: string): boolean {
  return SCORE_METRICS.has(metric)
}
