import type { Log, LogCommit, LogEntry, LogReader, LogSubscription, Topic } from '../../schemas/ports/log.js'
import { eventually } from './eventually.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A record's value from a text, and back. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)
export const textOf = (entry: LogEntry): string => decoder.decode(entry.value)

/** A reader that notes what it is given. */
export class RecordingReader implements LogReader {
  readonly assigned = new Map<number, LogCommit | undefined>()
  readonly revoked = new Set<number>()
  readonly entries = new Map<number, LogEntry[]>()
  /** Partitions whose calls overlapped: must stay empty. */
  readonly overlapped = new Set<number>()
  readonly #reading = new Set<number>()
  /** What assign answers, by partition. */
  startAt: (partition: number) => number | undefined = () => undefined
  /** Runs inside read. */
  during: (partition: number, entries: LogEntry[]) => Promise<void> = async () => {}

  async assign(partition: number, committed: LogCommit | undefined): Promise<number | undefined> {
    this.assigned.set(partition, committed)
    return this.startAt(partition)
  }

  async read(partition: number, entries: LogEntry[]): Promise<void> {
    if (this.#reading.has(partition)) this.overlapped.add(partition)
    this.#reading.add(partition)
    this.entries.set(partition, [...(this.entries.get(partition) ?? []), ...entries])
    try {
      await this.during(partition, entries)
    } finally {
      this.#reading.delete(partition)
    }
  }

  async revoke(partition: number): Promise<void> {
    this.revoked.add(partition)
  }

  /** Texts of a partition's entries, in the order they came. */
  texts(partition: number): string[] {
    return (this.entries.get(partition) ?? []).map(textOf)
  }

  /** How many entries came, over all partitions. */
  get count(): number {
    let count = 0
    for (const entries of this.entries.values()) count += entries.length
    return count
  }

  /** Resolves once that many entries came. */
  async reached(count: number): Promise<void> {
    await eventually(() => {
      if (this.count < count) throw new Error(`${this.count} of ${count} entries came`)
    })
  }
}

/** Subscribes with a new reader. */
export async function follow(
  log: Log,
  topic: Topic,
  group: string,
): Promise<{ reader: RecordingReader; subscription: LogSubscription }> {
  const reader = new RecordingReader()
  return { reader, subscription: await log.consume(topic, group, reader) }
}
