import type { DispatchRunner } from '../../alerting/dispatch/runner.js'
import { type Collector, collector } from './collector.js'

/** What a dispatcher counts. */
export function dispatchMetrics(runner: Pick<DispatchRunner, 'counts'>): Collector {
  return collector({
    name: 'dispatch',
    families: {
      tidemark_dispatch_leader: { type: 'gauge', help: 'Whether this process dispatches alerts, 1 or 0.' },
      tidemark_dispatch_flushes_total: {
        type: 'counter',
        help: 'Groups of alerts that were handed on, by reason.',
        labels: ['reason'],
      },
      tidemark_dispatch_failures_total: { type: 'counter', help: 'Groups of alerts that could not be handed on.' },
    },
    read: async () => {
      const { isLeader, handed, failed } = runner.counts()
      return {
        tidemark_dispatch_leader: isLeader ? 1 : 0,
        tidemark_dispatch_flushes_total: Object.entries(handed).map(([reason, value]) => ({
          labels: { reason },
          value,
        })),
        tidemark_dispatch_failures_total: failed,
      }
    },
  })
}
