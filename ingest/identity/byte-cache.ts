import { widened } from '../../schemas/widened.js'

/**
 * Remembers which handle a run of raw bytes stands for, so that a decoder that meets the same `cpu,host=a` again pays
 * a hash and a comparison, and neither decodes text nor sorts labels. Bounded: when full it starts anew.
 */
export class ByteCache {
  #slots: Int32Array
  #hashes: Uint32Array
  #starts: Uint32Array
  #lengths: Uint32Array
  #values: Int32Array
  #size = 0
  #bytes: Uint8Array
  #used = 0
  readonly #maxEntries: number
  readonly #maxBytes: number

  /**
   * @param maxEntries entries at which it is emptied
   * @param maxBytes bytes of keys at which it is emptied
   */
  constructor(maxEntries = 1 << 20, maxBytes = 256 << 20) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
    this.#slots = new Int32Array(2048).fill(-1)
    this.#hashes = new Uint32Array(1024)
    this.#starts = new Uint32Array(1024)
    this.#lengths = new Uint32Array(1024)
    this.#values = new Int32Array(1024)
    this.#bytes = new Uint8Array(1 << 16)
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#size
  }

  /** The value of bytes [start, end) of `source`, or -1. `hash` is {@link hashBytes} of the same bytes. */
  get(source: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1
    const length = end - start
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]
      if (index === -1) return -1
      if (
        this.#hashes[index] === hash &&
        this.#lengths[index] === length &&
        this.#equals(index, source, start, length)
      ) {
        return this.#values[index]
      }
    }
  }

  /** Remembers `value` (0 or more) for bytes that {@link get} did not find. */
  set(source: Uint8Array, start: number, end: number, hash: number, value: number): void {
    const length = end - start
    if (this.#size >= this.#maxEntries || this.#used + length > this.#maxBytes) this.clear()
    if (this.#size === this.#hashes.length) this.#growEntries()
    if (this.#used + length > this.#bytes.length) this.#growBytes(this.#used + length)
    const index = this.#size++
    this.#hashes[index] = hash
    this.#starts[index] = this.#used
    this.#lengths[index] = length
    this.#values[index] = value
    this.#bytes.set(source.subarray(start, end), this.#used)
    this.#used += length
    this.#place(index)
  }

  /** Forgets everything. */
  clear(): void {
    this.#size = 0
    this.#used = 0
    this.#slots.fill(-1)
  }

  #equals(index: number, source: Uint8Array, start: number, length: number): boolean {
    const bytes = this.#bytes
    let at = this.#starts[index]
    for (let i = start, end = start + length; i < end; i++, at++) if (bytes[at] !== source[i]) return false
    return true
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashes[index] & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = index
  }

  #growEntries(): void {
    const capacity = this.#hashes.length * 2
    this.#hashes = widened(this.#hashes, capacity)
    this.#starts = widened(this.#starts, capacity)
    this.#lengths = widened(this.#lengths, capacity)
    this.#values = widened(this.#values, capacity)
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    for (let index = 0; index < this.#size; index++) this.#place(index)
  }

  #growBytes(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    bytes.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = bytes
  }
}

/** FNV-1a over bytes [start, end), with a final mix so that the low bits can index a table. Not for identities. */
export function hashBytes(source: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i], 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x85ebca6b) >>> 0
}
