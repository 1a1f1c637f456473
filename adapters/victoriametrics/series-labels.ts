import type { Series } from '../../schemas/series/series.js'
import { encodeLabelsOf, encodeName } from './label-bytes.js'
import { metricBytes } from './layout.js'

/** Bytes of labels and names that are kept. */
const MOST_BYTES = 64 << 20
/** What an entry takes beside its bytes. */
const ENTRY_BYTES = 128

/** The labels of one series as remote write takes them. */
export interface EncodedLabels {
  /** `__name__`, under each suffix. */
  names: readonly Uint8Array[]
  /** All others. */
  rest: Uint8Array
}

/** Labels of the series that are written window by window, encoded once. Bounded. */
export class SeriesLabels {
  readonly #suffixes: readonly Uint8Array[]
  readonly #common: Uint8Array
  readonly #kept = new Map<Series, EncodedLabels>()
  readonly #names = new Map<string, readonly Uint8Array[]>()
  #bytes = 0
  #found = 0

  /**
   * @param suffixes of the metric's name: empty ones, or a colon and a part
   * @param common labels that every series has beside its own, encoded
   */
  constructor(suffixes: readonly Uint8Array[], common: Uint8Array) {
    this.#suffixes = suffixes
    this.#common = common
  }

  of(series: Series): EncodedLabels {
    const kept = this.#kept.get(series)
    if (kept) {
      this.#found++
      return kept
    }
    const labels = { names: this.#namesOf(series), rest: Buffer.concat([encodeLabelsOf(series), this.#common]) }
    return this.#keep(this.#kept, series, labels, labels.rest.length)
  }

  #keep<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, length: number): Value {
    const bytes = length + ENTRY_BYTES
    if (this.#bytes + bytes > MOST_BYTES) this.#makeRoom()
    if (this.#bytes + bytes > MOST_BYTES) return value
    kept.set(key, value)
    this.#bytes += bytes
    return value
  }

  /** Forgets all once they have been of use: those of series that come no more go then, and too many do not push each other out. */
  #makeRoom(): void {
    if (this.#found < this.#kept.size) return
    this.#kept.clear()
    this.#names.clear()
    this.#bytes = 0
    this.#found = 0
  }

  #namesOf(series: Series): readonly Uint8Array[] {
    const kept = this.#names.get(series.metric)
    if (kept) return kept
    const metric = metricBytes(series)
    const names = this.#suffixes.map((suffix) => encodeName(metric, suffix))
    return this.#keep(
      this.#names,
      series.metric,
      names,
      names.reduce((bytes, name) => bytes + name.length, 0),
    )
  }
}
