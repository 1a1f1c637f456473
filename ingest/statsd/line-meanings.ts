import type { TidemarkError } from '../../schemas/errors.js'
import { ByteNumbers } from '../identity/byte-numbers.js'
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
  readonly #keys = new ByteNumbers()
  #meanings: LineMeaning[] = []

  /** The meaning of the line that `scan` has read, undefined if it is not known. */
  get(scan: LineScan): LineMeaning | undefined {
    return this.#meanings[this.#keys.find(scan.key, 0, scan.keyLength, scan.hash)]
  }

  /** Remembers a meaning in place of the one known before. */
  set(scan: LineScan, meaning: LineMeaning): void {
    const { key, keyLength, hash } = scan
    let number = this.#keys.find(key, 0, keyLength, hash)
    if (number === -1) {
      if (this.#keys.count >= MOST_LINES || this.#keys.byteCount + keyLength > MOST_KEY_BYTES) this.clear()
      number = this.#keys.add(key, 0, keyLength, hash)
    }
    this.#meanings[number] = meaning
  }

  clear(): void {
    this.#keys.clear()
    this.#meanings = []
  }
}
