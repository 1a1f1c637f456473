import type { KafkaLogCounts } from '../../adapters/kafka/log.js'
import { collector, type RoleMetrics } from './collector.js'

/** What the client of Kafka had to begin anew. */
export function logClientMetrics(counts: () => KafkaLogCounts): RoleMetrics {
  const restarts = collector({
    name: 'log',
    families: {
      tidemark_log_reader_restarts_total: {
        type: 'counter',
        help: 'Consumers that ended or were stuck and were replaced.',
      },
      tidemark_log_producer_restarts_total: { type: 'counter', help: 'Connections for appending that were replaced.' },
    },
    read: async () => {
      const { readerRestarts, producerRestarts } = counts()
      return {
        tidemark_log_reader_restarts_total: readerRestarts,
        tidemark_log_producer_restarts_total: producerRestarts,
      }
    },
  })
  return { collectors: [restarts] }
}
