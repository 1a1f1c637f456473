import type { LogEntry } from '../../schemas/ports/log.js'
import type { Table } from './environment.js'
import { keyOffset, keyTime, type Lane, laneKey, recordKey } from './log-keys.js'

/** Bounds of one read: what a reader is handed at once. */
const READ_BYTES = 8 << 20
const READ_ENTRIES = 512

/** Newest records of a lane that stay in memory, bytes: who keeps up never touches the disk's pages. */
const RECENT_BYTES = 4 << 20
/** What an entry costs in memory besides its value, bytes, roughly. */
const ENTRY_BYTES = 256

/** The tables of the log. */
export interface LogTables {
  /** Records by {@link recordKey}. */
  records: Table
  /** First offset of lanes that have been trimmed: an empty lane must not forget its end. */
  starts: Table
  /** Positions of groups. */
  commits: Table
}

/** One partition of one topic: its bounds, its records, and who waits for more of them. */
export class LogLane {
  readonly lane: Lane
  readonly #tables: LogTables
  #start = 0
  #end = 0
  /** Offset that the next write gets: ahead of `end` while a transaction is under way. */
  #next = 0
  #waiting: (() => void)[] = []
  /** The newest durable records, without a gap up to `end`, and behind them those that are under way. */
  #recent: LogEntry[] = []
  #recentBytes = 0

  constructor(lane: Lane, tables: LogTables) {
    this.lane = lane
    this.#tables = tables
    this.reload()
  }

  get start(): number {
    return this.#start
  }

  /** Offset after the last durable record. */
  get end(): number {
    return this.#end
  }

  /** Reads the bounds from the tables: at open, and after a transaction that failed. */
  reload(): void {
    const { records, starts } = this.#tables
    const lowest = recordKey(this.lane, 0, 0)
    const highest = recordKey(this.lane, Number.MAX_SAFE_INTEGER, 0)
    const trimmedTo = starts.getBinary(laneKey(this.lane))
    this.#start = trimmedTo ? Number(trimmedTo.toString()) : 0
    this.#end = this.#start
    for (const key of records.getKeys({ start: highest, end: lowest, reverse: true, limit: 1 }))
      this.#end = keyOffset(key) + 1
    this.#next = this.#end
    this.#recent = []
    this.#recentBytes = 0
  }

  /** Puts a record, whose bytes must not change from now on; to be called inside a transaction. @returns its offset */
  put(value: Uint8Array, appendedMs: number): number {
    const offset = this.#next++
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    void this.#tables.records.put(recordKey(this.lane, offset, appendedMs), bytes)
    this.#recent.push({ offset, appendedMs, value: bytes })
    this.#recentBytes += bytes.length + ENTRY_BYTES
    return offset
  }

  /** Makes records below `end` readable: they are durable. */
  publish(end: number): void {
    if (end <= this.#end) return
    this.#end = end
    this.#forgetOldest()
    this.wake()
  }

  /** Wakes everyone who waits. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Resolves when there may be more records, or on {@link wake}. */
  more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Entries from `offset` on, at most 8 MB or 512 of them; at least one if there is any. */
  read(offset: number): LogEntry[] {
    const first = Math.max(offset, this.#start)
    return this.#recent.length > 0 && first >= this.#recent[0].offset
      ? this.#readRecent(first)
      : this.#readStored(first)
  }

  #readRecent(offset: number): LogEntry[] {
    const from = offset - this.#recent[0].offset
    const durable = this.#end - this.#recent[0].offset
    return this.#recent.slice(from, Math.min(durable, from + READ_ENTRIES))
  }

  #readStored(offset: number): LogEntry[] {
    const entries: LogEntry[] = []
    let bytes = 0
    const from = recordKey(this.lane, offset, 0)
    const to = recordKey(this.lane, this.#end, 0)
    const keys = [...this.#tables.records.getKeys({ start: from, end: to, limit: READ_ENTRIES })]
    for (const key of keys) {
      const value = this.#tables.records.getBinary(key)
      if (value === undefined) continue
      entries.push({ offset: keyOffset(key), appendedMs: keyTime(key), value })
      bytes += value.length
      if (bytes >= READ_BYTES) break
    }
    return entries
  }

  /** Keys of the oldest records that were appended before `beforeMs`, at most `limit`. */
  expired(beforeMs: number, limit: number): Buffer[] {
    const expired: Buffer[] = []
    const from = recordKey(this.lane, this.#start, 0)
    const to = recordKey(this.lane, this.#end, 0)
    for (const key of this.#tables.records.getKeys({ start: from, end: to, limit })) {
      if (keyTime(key) >= beforeMs) break
      expired.push(key)
    }
    return expired
  }

  /** Removes the oldest records by their keys; to be called inside a transaction. */
  remove(keys: readonly Buffer[]): void {
    for (const key of keys) void this.#tables.records.remove(key)
    this.putStart(keyOffset(keys[keys.length - 1]) + 1)
  }

  /** Stores the first offset; to be called inside a transaction. */
  putStart(start = this.#start): void {
    void this.#tables.starts.put(laneKey(this.lane), Buffer.from(String(start)))
  }

  /** Keeps at most {@link RECENT_BYTES} of what is durable. */
  #forgetOldest(): void {
    let gone = 0
    while (gone < this.#recent.length && this.#recentBytes > RECENT_BYTES && this.#recent[gone].offset < this.#end) {
      this.#recentBytes -= this.#recent[gone++].value.length + ENTRY_BYTES
    }
    if (gone > 0) this.#recent.splice(0, gone)
  }

  /** Says that everything below `start` is gone. */
  trimmed(start: number): void {
    this.#start = Math.max(this.#start, start)
  }
}
