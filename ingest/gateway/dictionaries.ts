import { type Dictionary, encodeDictionary } from '../../schemas/log/dictionary.js'
import type { Series } from '../../schemas/series/series.js'

/** Memory that is kept, bytes: of half a million series or so. */
const KEPT_BYTES = 64 << 20

/**
 * Dictionaries of records that were sent. A sender names the same series in the same order request after request, and to
 * compare them is much less than to write them down. The least recently used go first.
 */
export class Dictionaries {
  /** By the first series. */
  readonly #known = new Map<Series, Dictionary>()
  readonly #limit: number
  #bytes = 0

  /** @param limit bytes that are kept */
  constructor(limit = KEPT_BYTES) {
    this.#limit = limit
  }

  /** Bytes of those that are kept. */
  get byteCount(): number {
    return this.#bytes
  }

  /** The dictionary of these series, at least one, which must not change any more. */
  of(series: readonly Series[]): Dictionary {
    const known = this.#known.get(series[0])
    const dictionary = known && isSame(known.series, series) ? known : encodeDictionary(series)
    if (known) this.#drop(known)
    this.#known.set(series[0], dictionary)
    this.#bytes += sizeOf(dictionary)
    for (const oldest of this.#known.values()) {
      if (this.#bytes <= this.#limit) break
      this.#drop(oldest)
    }
    return dictionary
  }

  /** Forgets all: to be called when the registry gives up series, which would be held here. */
  clear(): void {
    this.#known.clear()
    this.#bytes = 0
  }

  #drop(dictionary: Dictionary): void {
    this.#known.delete(dictionary.series[0])
    this.#bytes -= sizeOf(dictionary)
  }
}

/** With the list of its series and its place here. */
function sizeOf({ bytes, series }: Dictionary): number {
  return bytes.length + 8 * series.length + 200
}

function isSame(known: readonly Series[], series: readonly Series[]): boolean {
  if (known.length !== series.length) return false
  for (let i = 0; i < series.length; i++) if (known[i] !== series[i]) return false
  return true
}
