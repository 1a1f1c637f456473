import type { LogRecord } from '../../schemas/log/record.js'
import { isStaleAt, Kind, wordsOf } from '../../schemas/points.js'
import { IdTable } from '../../schemas/series/id-table.js'
import { Series } from '../../schemas/series/series.js'
import { windowStart } from '../../schemas/time.js'
import { widened } from '../../schemas/widened.js'

/** Kind of a staleness marker in raw_points; other points carry their series' kind. */
export const STALE_KIND = 3

/** The points of one partition that wait for the next flush, as columns. */
export class PointBuffer {
  /** Points held. */
  length = 0
  series: Series[] = []
  /** First and last time of each series' points, ms. */
  firstMs: number[] = []
  lastMs: number[] = []
  seriesIndex = new Uint32Array(1024)
  timeMs = new Float64Array(1024)
  value = new Float64Array(1024)
  kind = new Uint8Array(1024)
  /** 1 / sample rate. */
  weight = new Float64Array(1024)
  weighted = false
  /** Points by start of their block. */
  readonly blocks = new Map<number, number>()
  #ids = new IdTable()
  readonly #blockMs: number

  constructor(blockMs: number) {
    this.#blockMs = blockMs
  }

  /** Copies a record's points. */
  add(record: LogRecord): void {
    this.#reserve(this.length + record.pointCount)
    const places = this.#places(record)
    const words = wordsOf(record.value)
    let blockStart = Number.NaN
    let inBlock = 0
    for (let i = 0; i < record.pointCount; i++) {
      const at = this.length++
      const place = places[record.seriesIndex[i]]
      const timeMs = record.baseMs + record.timeDelta[i]
      this.seriesIndex[at] = place
      this.timeMs[at] = timeMs
      this.value[at] = record.value[i]
      this.kind[at] =
        isStaleAt(words, i) && this.series[place].kind === Kind.Sample ? STALE_KIND : this.series[place].kind
      this.weight[at] = record.weight ? record.weight[i] : 1
      if (timeMs < this.firstMs[place]) this.firstMs[place] = timeMs
      if (timeMs > this.lastMs[place]) this.lastMs[place] = timeMs
      if (!(timeMs > blockStart && timeMs <= blockStart + this.#blockMs)) {
        if (inBlock > 0) this.blocks.set(blockStart, (this.blocks.get(blockStart) ?? 0) + inBlock)
        blockStart = windowStart(timeMs, this.#blockMs)
        inBlock = 0
      }
      inBlock++
    }
    if (inBlock > 0) this.blocks.set(blockStart, (this.blocks.get(blockStart) ?? 0) + inBlock)
    this.weighted ||= record.weight !== undefined
  }

  #places(record: LogRecord): Uint32Array {
    const places = new Uint32Array(record.seriesCount)
    for (let i = 0; i < record.seriesCount; i++) {
      const low = record.ids[2 * i]
      const high = record.ids[2 * i + 1]
      const place = this.#ids.add(low, high)
      if (place === this.series.length) {
        this.series.push(Series.copyOf(record.canonical(i), low, high))
        this.firstMs.push(Number.POSITIVE_INFINITY)
        this.lastMs.push(Number.NEGATIVE_INFINITY)
      }
      places[i] = place
    }
    return places
  }

  #reserve(points: number): void {
    if (points <= this.timeMs.length) return
    const capacity = Math.max(points, this.timeMs.length * 2)
    this.seriesIndex = widened(this.seriesIndex, capacity)
    this.timeMs = widened(this.timeMs, capacity)
    this.value = widened(this.value, capacity)
    this.kind = widened(this.kind, capacity)
    this.weight = widened(this.weight, capacity)
  }
}
