import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import { WINDOW_MS, windowStart } from '../../schemas/time.js'
import { ByteNumbers, hashBytes } from '../identity/byte-numbers.js'
import type { PointSink } from '../sink.js'
import { seriesKey } from './series-key.js'

/** How much is kept of the sets of one window. */
export interface SetLimits {
  sets: number
  /** Distinct members of all sets together. */
  members: number
}

/** Bytes of members kept, at most, for each member that may be kept. */
const BYTES_PER_MEMBER = 64
const SLOT_BYTES = 4

interface CountedSet {
  metric: string
  labels: readonly Label[]
  members: number
}

/** Counts the distinct members of each set in the present window of the arrival clock, exactly. */
export class SetCounts {
  readonly #limits: SetLimits
  readonly #slots = new Map<string, number>()
  readonly #members = new ByteNumbers()
  #sets: CountedSet[] = []
  #scratch = new Uint8Array(256)
  #window = 0
  #windowStart = -1

  constructor(limits: SetLimits) {
    this.#limits = limits
  }

  /** Changes with each window; slots of another window mean nothing. */
  get window(): number {
    return this.#window
  }

  /** True if a window with sets has ended. */
  isDue(nowMs: number): boolean {
    return this.#sets.length > 0 && nowMs > this.#windowStart + WINDOW_MS
  }

  /** The slot of a set in the present window, -1 if there are too many sets. */
  slotOf(metric: string, labels: readonly Label[], nowMs: number): number {
    const key = seriesKey(metric, labels)
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    if (this.#sets.length >= this.#limits.sets) return -1
    if (this.#sets.length === 0) this.#windowStart = windowStart(nowMs, WINDOW_MS)
    this.#slots.set(key, this.#sets.length)
    return this.#sets.push({ metric, labels, members: 0 }) - 1
  }

  /** Adds the member in bytes [start, end). @returns false if there is no room for another */
  add(slot: number, source: Uint8Array, start: number, end: number): boolean {
    const length = end - start + SLOT_BYTES
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(length * 2)
    const key = this.#scratch
    for (let i = 0; i < SLOT_BYTES; i++) key[i] = slot >>> (8 * i)
    for (let i = start, at = SLOT_BYTES; i < end; i++, at++) key[at] = source[i]
    const hash = hashBytes(key, 0, length)
    const known = this.#members
    if (known.find(key, 0, length, hash) !== -1) return true
    const { members } = this.#limits
    if (known.count >= members || known.byteCount + length > members * BYTES_PER_MEMBER) return false
    known.add(key, 0, length, hash)
    this.#sets[slot].members++
    return true
  }

  /** Gives the counts of a window that has ended, at its last ms, and begins anew; does nothing before that. */
  flush(nowMs: number, sink: PointSink): void {
    if (!this.isDue(nowMs)) return
    for (const { metric, labels, members } of this.#sets) {
      const handle = sink.series(metric, labels, Kind.Sample)
      if (handle !== -1) sink.add(handle, this.#windowStart + WINDOW_MS, members, 1)
    }
    this.#slots.clear()
    this.#members.clear()
    this.#sets = []
    this.#window++
  }
}
