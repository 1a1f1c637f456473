/** A record that waits to be sent. */
export interface QueuedRecord {
  partition: number
  value: Buffer
}

/** What one request may hold. */
export interface RequestLimits {
  /** Bytes of records for all partitions. */
  requestBytes: number
  /** Bytes of records for one partition: together they become one batch, which the topic limits. */
  partitionBytes: number
  records: number
}

/** What a record takes in its batch besides its value, bytes: lengths, deltas, an empty key; less, in truth. */
export const RECORD_OVERHEAD_BYTES = 32

/**
 * How many records from the front of the queue go into one request. A record that is over the limit by itself goes
 * alone, so that its refusal touches no other; always at least one.
 */
export function requestLength(queue: readonly QueuedRecord[], limits: RequestLimits): number {
  const byPartition = new Map<number, number>()
  let total = 0
  let length = 0
  for (const { partition, value } of queue) {
    const bytes = value.length + RECORD_OVERHEAD_BYTES
    const inPartition = (byPartition.get(partition) ?? 0) + bytes
    total += bytes
    const fits = total <= limits.requestBytes && inPartition <= limits.partitionBytes && length < limits.records
    if (!fits) return Math.max(1, length)
    byPartition.set(partition, inPartition)
    length++
  }
  return length
}
