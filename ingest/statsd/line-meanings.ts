import type { TidemarkError } from '../../schemas/errors.js'
import { ByteCache } from '../identity/byte-cache.js'
import type { StatsdType } from './line.js'
import type { LineScan } from './line-scan.js'

/** What all lines with one key say besides their values; see {@link LineScan}. */
export interface LineMeaning {
  type: StatsdType
  /** The sink's handle; -1 for a set, whose series is asked for when its window ends. */
  handle: number
  divisor: number
  weight: number
  /** Where a gauge or a set keeps its state, and the owner (gauge) or window (set) that this slot was given to. */
  slot: number
  slotOwner: number
  /** How many tags were left out, and what is said about them. */
  badTags: number
  warning?: TidemarkError
}

const MOST_LINES = 1 << 19
const MOST_KEY_BYTES = 128 << 20

/** The meanings of the lines met so far, by their keys. Bounded: when full it starts anew. */
export class LineMeanings {
  readonly #indexes = new ByteCache(MOST_LINES + 1, MOST_KEY_BYTES * 2)
  #meanings: LineMeaning[] = []
  #keyBytes = 0

  /** The meaning of the line that `scan` has read, undefined if it is not known. */
  get(scan: LineScan): LineMeaning | undefined {
    const index = this.#indexes.get(scan.key, 0, scan.keyLength, scan.hash)
    return index === -1 ? undefined : this.#meanings[index]
  }

  /** Remembers a meaning in place of the one known before. */
  set(scan: LineScan, meaning: LineMeaning): void {
    const index = this.#indexes.get(scan.key, 0, scan.keyLength, scan.hash)
    if (index !== -1) {
      this.#meanings[index] = meaning
      return
    }
    if (this.#meanings.length >= MOST_LINES || this.#keyBytes + scan.keyLength > MOST_KEY_BYTES) this.clear()
    this.#indexes.set(scan.key, 0, scan.keyLength, scan.hash, this.#meanings.length)
    this.#meanings.push(meaning)
    this.#keyBytes += scan.keyLength
  }

  clear(): void {
    this.#indexes.clear()
    this.#meanings = []
    this.#keyBytes = 0
  }
}
