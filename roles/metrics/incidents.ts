import type { IncidentDesk } from '../../alerting/incidents/incident-desk.js'
import type { PostgresOutbox } from '../../alerting/incidents/postgres-outbox.js'
import type { Clock } from '../../schemas/time.js'
import { type Collector, collector } from './collector.js'

/** Incidents that are open, and messages on their way. */
export function incidentMetrics(
  desk: Pick<IncidentDesk, 'open'>,
  outbox: Pick<PostgresOutbox, 'backlog'>,
  clock: Clock,
): Collector {
  return collector({
    name: 'incidents',
    families: {
      tidemark_incidents_open: {
        type: 'gauge',
        help: 'Incidents that are not resolved.',
        labels: ['status', 'severity'],
      },
      tidemark_outbox_messages: { type: 'gauge', help: 'Messages that wait or were given up.', labels: ['state'] },
      tidemark_outbox_oldest_seconds: { type: 'gauge', help: 'How long the message that waits longest has been due.' },
    },
    read: async () => {
      const { queued, dead, oldestMs } = await outbox.backlog(clock())
      return {
        tidemark_incidents_open: (await desk.open()).map(({ count, ...labels }) => ({ labels, value: count })),
        tidemark_outbox_messages: [
          { labels: { state: 'queued' }, value: queued },
          { labels: { state: 'dead' }, value: dead },
        ],
        tidemark_outbox_oldest_seconds: oldestMs / 1000,
      }
    },
  })
}
