import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { encodeRecord } from '../../schemas/log/record.js'
import { markStaleAt, wordsOf } from '../../schemas/points.js'
import type { Series } from '../../schemas/series/series.js'
import { widened } from '../../schemas/widened.js'
import type { Dictionaries } from './dictionaries.js'

/** A larger request becomes several records, so that none holds up its readers or is more than Kafka takes at once. */
const POINTS_PER_RECORD = 200_000
const SERIES_BYTES_PER_RECORD = 4 << 20

/** The points of one request for one partition, as columns that become a log record. */
export class PartitionBatch {
  pointCount = 0
  #seriesBytes = 0
  #series: Series[] = []
  #index: Uint32Array
  #timeMs: Float64Array
  #value: Float64Array
  #words: Uint32Array
  #weight: Float64Array | undefined

  constructor(capacity = 256) {
    this.#index = new Uint32Array(capacity)
    this.#timeMs = new Float64Array(capacity)
    this.#value = new Float64Array(capacity)
    this.#words = wordsOf(this.#value)
  }

  /** True once it makes a whole record: some 8 MB at most. */
  get isFull(): boolean {
    return this.pointCount >= POINTS_PER_RECORD || this.#seriesBytes >= SERIES_BYTES_PER_RECORD
  }

  /** Empties it; it keeps its columns. */
  clear(): void {
    this.pointCount = 0
    this.#seriesBytes = 0
    this.#series = []
    this.#weight = undefined
  }

  /** How many points it has room for. */
  get capacity(): number {
    return this.#index.length
  }

  /** Adds a series to the dictionary; @returns its index in this batch. */
  addSeries(series: Series): number {
    this.#seriesBytes += series.canonical.length
    return this.#series.push(series) - 1
  }

  add(index: number, timeMs: number, value: number, weight: number): void {
    if (this.pointCount === this.#index.length) this.#grow()
    const at = this.pointCount++
    this.#index[at] = index
    this.#timeMs[at] = timeMs
    this.#value[at] = value
    if (weight !== 1 && !this.#weight) this.#weight = new Float64Array(this.#index.length).fill(1)
    if (this.#weight) this.#weight[at] = weight
  }

  addStale(index: number, timeMs: number): void {
    this.add(index, timeMs, 0, 1)
    markStaleAt(this.#words, this.pointCount - 1)
  }

  /**
   * The record of these points.
   * @param receivedMs when the request came, ms since the epoch
   * @param dictionaries those of earlier records; then it must have a point
   */
  encode(receivedMs: number, dictionaries?: Dictionaries): Uint8Array {
    return encodeRecord({
      dictionary: dictionaries?.of(this.#series) ?? encodeDictionary(this.#series),
      pointCount: this.pointCount,
      seriesIndex: this.#index,
      timeMs: this.#timeMs,
      value: this.#value,
      weight: this.#weight,
      receivedMs,
    })
  }

  #grow(): void {
    const used = this.#index.length
    const capacity = used * 2
    this.#index = widened(this.#index, capacity)
    this.#timeMs = widened(this.#timeMs, capacity)
    this.#value = widened(this.#value, capacity)
    this.#words = wordsOf(this.#value)
    this.#weight = this.#weight && widened(this.#weight, capacity).fill(1, used)
  }
}
