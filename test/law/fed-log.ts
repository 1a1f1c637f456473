import type { Log, LogAppend, LogBounds, LogReader, LogSubscription, Topic } from '../../schemas/ports/log.js'

/** A log in memory: entries by partition; whoever consumes is fed by {@link feed}. */
export class FedLog implements Log {
  readonly entries: Uint8Array[][]
  readonly dead: Uint8Array[] = []
  #reader: { reader: LogReader; next: number[] } | undefined

  constructor(partitions: number) {
    this.entries = Array.from({ length: partitions }, () => [])
  }

  async partitions(topic: Topic): Promise<number> {
    return topic === 'tidemark.points' ? this.entries.length : 1
  }

  async append(topic: Topic, records: readonly LogAppend[]): Promise<void> {
    for (const { partition, value } of records)
      (topic === 'tidemark.points' ? this.entries[partition] : this.dead).push(value)
  }

  async consume(_topic: Topic, _group: string, reader: LogReader): Promise<LogSubscription> {
    const next = await Promise.all(
      this.entries.map(async (_, partition) => (await reader.assign(partition, undefined)) ?? 0),
    )
    this.#reader = { reader, next }
    return {
      commit: async () => undefined,
      close: async () => {
        this.#reader = undefined
      },
      ended: new Promise(() => undefined),
    }
  }

  async bounds(): Promise<LogBounds[]> {
    return this.entries.map((entries, partition) => ({ partition, start: 0, end: entries.length }))
  }

  async close(): Promise<void> {}

  /** Hands the reader everything it has not seen. */
  async feed(): Promise<void> {
    if (!this.#reader) return
    const { reader, next } = this.#reader
    for (const [partition, entries] of this.entries.entries()) {
      const fresh = entries
        .slice(next[partition])
        .map((value, i) => ({ offset: next[partition] + i, appendedMs: 0, value }))
      next[partition] = entries.length
      if (fresh.length > 0) await reader.read(partition, fresh)
    }
  }
}
