import { widened } from '../../schemas/widened.js'
import { ByteNumbers } from './byte-numbers.js'

/**
 * Remembers which handle a run of raw bytes stands for, so that a decoder that meets the same `cpu,host=a` again pays
 * a hash and a comparison, and neither decodes text nor sorts labels. Bounded: when full it starts anew.
 */
export class ByteCache {
  readonly #keys = new ByteNumbers()
  #values = new Int32Array(1024)
  readonly #maxEntries: number
  readonly #maxBytes: number

  /**
   * @param maxEntries entries at which it is emptied
   * @param maxBytes bytes of keys at which it is emptied
   */
  constructor(maxEntries = 1 << 20, maxBytes = 256 << 20) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
  }

  /** The value of bytes [start, end) of `source`, or -1. `hash` is `hashBytes` of the same bytes. */
  get(source: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.#keys.find(source, start, end, hash)
    return number === -1 ? -1 : this.#values[number]
  }

  /** Remembers `value` (0 or more) for bytes that {@link get} did not find. */
  set(source: Uint8Array, start: number, end: number, hash: number, value: number): void {
    const keys = this.#keys
    if (keys.count >= this.#maxEntries || keys.byteCount + end - start > this.#maxBytes) keys.clear()
    const number = keys.add(source, start, end, hash)
    if (number === this.#values.length) this.#values = widened(this.#values, number * 2)
    this.#values[number] = value
  }

  /** Forgets everything. */
  clear(): void {
    this.#keys.clear()
  }
}
