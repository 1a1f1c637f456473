import type { DeadLetter, DeadLetters } from '../dead-letters.js'
import type { Outbox, QueuedMessage } from '../outbox.js'

/** A message, and where it stands. */
interface Row extends QueuedMessage {
  state: 'waiting' | 'delivered' | 'dead'
  dueMs: number
  reference?: string
  reason?: string
  buriedMs?: number
}

/** An outbox without a database, in the order in which messages were put. */
export class MemoryOutbox implements Outbox, DeadLetters {
  readonly rows: Row[] = []

  put(one: Omit<QueuedMessage, 'attempts'>): void {
    this.rows.push({ ...one, attempts: 0, state: 'waiting', dueMs: one.queuedMs })
  }

  row(key: string): Row {
    const row = this.rows.find(({ message }) => message.key === key)
    if (!row) throw new Error(`no message ${key}`)
    return row
  }

  async take(limit: number, nowMs: number, leaseMs: number): Promise<QueuedMessage[]> {
    const blocked = new Set<string>()
    const taken: Row[] = []
    for (const row of this.rows) {
      if (row.state !== 'waiting') continue
      const lane = `${row.channel} ${row.message.incident.incidentId}`
      if (row.dueMs > nowMs || blocked.has(lane) || taken.length >= limit) blocked.add(lane)
      else taken.push(row)
    }
    const queued = taken.map(({ message, channel, attempts, queuedMs }) => ({ message, channel, attempts, queuedMs }))
    for (const row of taken) {
      row.dueMs = nowMs + leaseMs
      row.attempts++
    }
    return queued
  }

  async delivered(key: string, reference: string | undefined): Promise<void> {
    Object.assign(this.row(key), { state: 'delivered', reference })
  }

  async withdraw(key: string): Promise<void> {
    this.rows.splice(this.rows.indexOf(this.row(key)), 1)
  }

  async failed(key: string, dueMs: number, reason: string): Promise<void> {
    Object.assign(this.row(key), { dueMs, reason })
  }

  async postpone(key: string, dueMs: number, reason: string): Promise<void> {
    const row = this.row(key)
    Object.assign(row, { dueMs, reason, attempts: row.attempts - 1 })
  }

  async bury(key: string, reason: string, nowMs: number): Promise<void> {
    Object.assign(this.row(key), { state: 'dead', reason, buriedMs: nowMs })
  }

  async dead(limit: number): Promise<DeadLetter[]> {
    const dead = this.rows.filter(({ state }) => state === 'dead')
    return dead.slice(-limit).map(({ message, channel, attempts, queuedMs, reason = '', buriedMs = 0 }) => ({
      key: message.key,
      channel,
      incidentId: message.incident.incidentId,
      action: message.action,
      reason,
      attempts,
      queuedMs,
      buriedMs,
    }))
  }

  async resend(key: string | undefined, nowMs: number): Promise<number> {
    const revived = this.rows.filter((row) => row.state === 'dead' && (key === undefined || row.message.key === key))
    for (const row of revived) Object.assign(row, { state: 'waiting', attempts: 0, queuedMs: nowMs, dueMs: nowMs })
    return revived.length
  }
}
