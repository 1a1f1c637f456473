import { createKafkaLog, type KafkaLog } from '../../../adapters/kafka/log.js'
import type { Config } from '../../../schemas/config/schema.js'

/** Tells nothing. */
export const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** The log of a Kafka that runs for a bench; what passes is not told. */
export function openLog(config: Config): Promise<KafkaLog> {
  return createKafkaLog(config, { clock: Date.now, logger: SILENT, onError: () => undefined })
}
