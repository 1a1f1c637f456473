import { widened } from '../../schemas/widened.js'
import { sameBytes, viewOf } from '../text/same-bytes.js'

/**
 * Numbers runs of raw bytes 0, 1, 2… in the order in which they were first seen. A run that comes again costs a hash
 * and a comparison; one that was guessed right costs the comparison alone. It grows without bound: its owner asks how
 * large it is.
 */
export class ByteNumbers {
  #slots = new Int32Array(2048).fill(-1)
  #hashes = new Uint32Array(1024)
  #starts = new Uint32Array(1025)
  #count = 0
  #bytes = new Uint8Array(1 << 16)
  #view = viewOf(this.#bytes)
  #source: Uint8Array = this.#bytes
  #sourceView = this.#view

  /** How many runs have a number. */
  get count(): number {
    return this.#count
  }

  /** Bytes of all runs together. */
  get byteCount(): number {
    return this.#starts[this.#count]
  }

  /** The number of bytes [start, end) of `source`, or -1. `hash` is {@link hashBytes} of the same bytes. */
  find(source: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]
      if (number === -1 || (this.#hashes[number] === hash && this.is(number, source, start, end))) return number
    }
  }

  /** Numbers bytes that {@link find} did not find. */
  add(source: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.#count++
    if (number === this.#hashes.length) this.#growNumbers(number)
    const at = this.#starts[number]
    const behind = at + end - start
    if (behind > this.#bytes.length) this.#growBytes(behind)
    this.#bytes.set(source.subarray(start, end), at)
    this.#starts[number + 1] = behind
    this.#hashes[number] = hash
    this.#place(number)
    return number
  }

  /** True if bytes [start, end) of `source` are those with this number. */
  is(number: number, source: Uint8Array, start: number, end: number): boolean {
    const at = this.#starts[number]
    const length = this.#starts[number + 1] - at
    return length === end - start && sameBytes(this.#view, at, this.#viewOf(source), start, length)
  }

  /** Offset behind the bytes with this number, if they stand at `start` of `source`, or -1. */
  behind(number: number, source: Uint8Array, start: number): number {
    const at = this.#starts[number]
    const length = this.#starts[number + 1] - at
    if (start + length > source.length) return -1
    return sameBytes(this.#view, at, this.#viewOf(source), start, length) ? start + length : -1
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0
    this.#slots.fill(-1)
  }

  /** One source is read many times in a row. */
  #viewOf(source: Uint8Array): DataView {
    if (source !== this.#source) {
      this.#source = source
      this.#sourceView = viewOf(source)
    }
    return this.#sourceView
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashes[number] & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = number
  }

  #growNumbers(count: number): void {
    this.#hashes = widened(this.#hashes, count * 2)
    this.#starts = widened(this.#starts, count * 2 + 1)
    this.#slots = new Int32Array(count * 4).fill(-1)
    for (let number = 0; number < count; number++) this.#place(number)
  }

  #growBytes(needed: number): void {
    this.#bytes = widened(this.#bytes, Math.max(needed, this.#bytes.length * 2))
    this.#view = viewOf(this.#bytes)
  }
}

/** FNV-1a over bytes [start, end), with a final mix so that the low bits can index a table. Not for identities. */
export function hashBytes(source: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i], 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x85ebca6b) >>> 0
}
