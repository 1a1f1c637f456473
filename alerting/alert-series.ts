import { type LabelSet, METRIC_NAME, setLabel } from '../promql/labels.js'
import type { ActiveAlert, RuleStatus } from '../schemas/ports/rules.js'
import type { StoredPoint } from './record.js'

/**
 * The series `ALERTS` and `ALERTS_FOR_STATE` as Prometheus records them for the active alerts of a rule.
 * @param labels of the rule, as they stand in its file
 * @param timeMs of the points
 */
export function alertSeries(
  labels: RuleStatus['labels'],
  alerts: readonly ActiveAlert[],
  timeMs: number,
): StoredPoint[] {
  return alerts.flatMap((alert) => {
    // As there, a label that a template left empty stands with its template.
    let own: LabelSet = []
    for (const [name, text] of Object.entries({ ...labels, ...alert.labels })) own = setLabel(own, name, text)
    const state = setLabel(setLabel(own, METRIC_NAME, 'ALERTS'), 'alertstate', alert.state)
    const since = setLabel(own, METRIC_NAME, 'ALERTS_FOR_STATE')
    return [
      { labels: state, timeMs, value: 1 },
      { labels: since, timeMs, value: Math.floor(alert.activeMs / 1000) },
    ]
  })
}
