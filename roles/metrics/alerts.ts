import type { Judging } from '../../alerting/judging.js'
import { type Collector, collector } from './collector.js'

/** What came of judging the rules. */
export function alertMetrics(judging: Judging): Collector {
  return collector({
    name: 'alerts',
    families: {
      tidemark_alerts: { type: 'gauge', help: 'Alerts that are not inactive, by state.', labels: ['state'] },
      tidemark_rules_failing: {
        type: 'gauge',
        help: 'Rules that could not be judged, or recorded, when they were last due.',
      },
    },
    read: async () => {
      const groups = judging.statuses()
      const alerts = groups.flatMap(({ rules }) => rules.flatMap((rule) => rule.alerts))
      const rules = groups.flatMap(({ rules, recordings = [] }) => [...rules, ...recordings])
      const states = ['pending', 'firing'] as const
      return {
        tidemark_alerts: states.map((state) => ({
          labels: { state },
          value: alerts.filter((alert) => alert.state === state).length,
        })),
        tidemark_rules_failing: rules.filter(({ health }) => health === 'err').length,
      }
    },
  })
}
