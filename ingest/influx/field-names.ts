import { widened } from '../../schemas/widened.js'
import { ByteCache, hashBytes } from '../identity/byte-cache.js'

const MAX_NAMES = 65_536
const MAX_BYTES = 16 << 20

/** Gives each field key, by its bytes as sent, a small number, and tells quickly whether bytes are a certain key. */
export class FieldNames {
  readonly #ids = new ByteCache(MAX_NAMES * 2, MAX_BYTES * 8)
  #count = 0
  #starts = new Int32Array(257)
  #bytes = new Uint8Array(1 << 12)

  /** True if no more should be added. The key that fills it, however long, still finds room. */
  get isFull(): boolean {
    return this.#count >= MAX_NAMES || this.#starts[this.#count] >= MAX_BYTES
  }

  /** The number of the key in bytes [start, end); a new one if it was never seen. */
  idOf(source: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(source, start, end)
    const known = this.#ids.get(source, start, end, hash)
    if (known !== -1) return known
    const id = this.#count++
    if (this.#count === this.#starts.length) this.#starts = widened(this.#starts, this.#starts.length * 2)
    const at = this.#starts[id]
    const behind = at + end - start
    if (behind > this.#bytes.length) {
      this.#bytes = widened(this.#bytes, Math.max(behind, this.#bytes.length * 2))
    }
    this.#bytes.set(source.subarray(start, end), at)
    this.#starts[id + 1] = behind
    this.#ids.set(source, start, end, hash, id)
    return id
  }

  /** True if bytes [start, end) are the key with this number. */
  is(id: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes
    let at = this.#starts[id]
    if (this.#starts[id + 1] - at !== end - start) return false
    for (let i = start; i < end; i++, at++) if (bytes[at] !== source[i]) return false
    return true
  }
}
