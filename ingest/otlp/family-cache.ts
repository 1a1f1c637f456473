import type { Label } from '../../schemas/series/series.js'
import { SeriesFamily } from '../histogram/series-family.js'
import { ByteCache } from '../identity/byte-cache.js'
import { hashBytes } from '../identity/byte-numbers.js'
import type { PointAttributes } from './data-point.js'

/** Families and contexts that are remembered; when full, it starts anew. */
const MAX_ENTRIES = 200_000

/**
 * Remembers the series of data points by where they stand (options, resource, scope, metric: a context) and the raw
 * bytes of their attributes.
 */
export class FamilyCache {
  readonly #contexts = new Map<string, number>()
  readonly #indexes = new ByteCache(MAX_ENTRIES)
  #families: SeriesFamily[] = []
  #key = new Uint8Array(1024)
  #nextContext = 0

  /** A number that stands for everything above the attributes, given as one text. */
  context(text: string): number {
    const known = this.#contexts.get(text)
    if (known !== undefined) return known
    if (this.#contexts.size >= MAX_ENTRIES) this.clear()
    const context = this.#nextContext++
    this.#contexts.set(text, context)
    return context
  }

  /** The series of a data point; `labels` is called if they are not known. */
  family(context: number, metric: string, attributes: PointAttributes, labels: () => Label[]): SeriesFamily {
    const length = this.#compose(context, attributes)
    const hash = hashBytes(this.#key, 0, length)
    const known = this.#indexes.get(this.#key, 0, length, hash)
    if (known !== -1) return this.#families[known]
    const family = new SeriesFamily(metric, labels())
    if (this.#families.length >= MAX_ENTRIES) {
      this.#indexes.clear()
      this.#families = []
    }
    this.#indexes.set(this.#key, 0, length, hash, this.#families.push(family) - 1)
    return family
  }

  /** Forgets everything; contexts given before stay distinct from new ones. */
  clear(): void {
    this.#contexts.clear()
    this.#indexes.clear()
    this.#families = []
  }

  /** Writes context and attribute bytes into the key. @returns its length */
  #compose(context: number, { bytes, start, end }: PointAttributes): number {
    const length = 8 + end - start
    if (length > this.#key.length) this.#key = new Uint8Array(length * 2)
    new DataView(this.#key.buffer).setFloat64(0, context)
    this.#key.set(bytes.subarray(start, end), 8)
    return length
  }
}
