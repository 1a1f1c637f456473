import { TidemarkError } from '../../schemas/errors.js'
import { DamagedRecord, decodeRecord, type LogRecord } from '../../schemas/log/record.js'
import type { Log, LogEntry } from '../../schemas/ports/log.js'

/** Where damaged records go, and who is told. */
interface DeadLetters {
  log: Log
  onError: (error: TidemarkError) => void
}

/**
 * The record of an entry of tidemark.points. A damaged one goes to the dead-letter topic, behind a line that says where
 * it was and why. Throws TM_LOG_UNAVAILABLE.
 */
export async function decodeOrBury(
  { log, onError }: DeadLetters,
  partition: number,
  entry: LogEntry,
): Promise<LogRecord | undefined> {
  try {
    return decodeRecord(entry.value)
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error
    const where = { topic: 'tidemark.points', partition, offset: entry.offset, reason: error.message }
    const head = new TextEncoder().encode(`${JSON.stringify({ group: 'archive', ...where })}\n`)
    const value = new Uint8Array(head.length + entry.value.length)
    value.set(head)
    value.set(entry.value, head.length)
    const partitions = await log.partitions('tidemark.deadletter')
    await log.append('tidemark.deadletter', [{ partition: partition % partitions, value }])
    onError(new TidemarkError('TM_RECORD_DAMAGED', where, error))
    return undefined
  }
}
