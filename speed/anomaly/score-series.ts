import { Kind } from '../../schemas/points.js'
import { SCORE_METRICS } from '../../schemas/series/scored-series.js'
import { type Label, Series } from '../../schemas/series/series.js'

/**
 * The series that a scored series gives: its labels, and its metric's name as the label `metric`. A label `metric` of its
 * own becomes `exported_metric`, as Prometheus does it.
 * @returns score, lower and upper
 */
export function scoreSeriesOf(source: Series): readonly [Series, Series, Series] {
  const labels = source.labels.map(([name, value]): Label => [name === 'metric' ? 'exported_metric' : name, value])
  labels.push(['metric', source.metric])
  const [score, lower, upper] = SCORE_METRICS.map((metric) => Series.of(metric, labels, Kind.Sample))
  return [score, lower, upper]
}
