import { type LabelSet, METRIC_NAME, setLabel } from '../../promql/labels.js'
import type { ActiveAlert } from '../../schemas/ports/rules.js'
import type { RecordedPoint } from '../record.js'
import type { AlertRule } from '../rule-file.js'

/**
 * The series `ALERTS` and `ALERTS_FOR_STATE` as Prometheus records them for the active alerts of a rule.
 * @param timeMs of the points
 */
export function alertSeries(rule: AlertRule, alerts: readonly ActiveAlert[], timeMs: number): RecordedPoint[] {
  return alerts.flatMap(({ labels, state, activeMs }) => {
    // As there, a label that a template left empty stands with its template.
    let own: LabelSet = []
    for (const { name, text } of rule.labels) own = setLabel(own, name, text)
    for (const [name, text] of Object.entries(labels)) own = setLabel(own, name, text)
    const alert = setLabel(setLabel(own, METRIC_NAME, 'ALERTS'), 'alertstate', state)
    const since = setLabel(own, METRIC_NAME, 'ALERTS_FOR_STATE')
    return [
      { labels: alert, timeMs, value: 1 },
      { labels: since, timeMs, value: Math.floor(activeMs / 1000) },
    ]
  })
}
