import { addSample } from '../schemas/aggregates/index.js'
import { addReadings } from '../schemas/aggregates/readings.js'
import { compareValues, isStaleAt, markStaleAt, wordsOf } from '../schemas/points.js'
import type { Series } from '../schemas/series/series.js'
import { WINDOW_MS } from '../schemas/time.js'
import { widened } from '../schemas/widened.js'
import type { WindowColumns } from '../schemas/windows/columns.js'

/** Room for points that it begins with. */
const FEWEST = 256
/** Points whose order is kept in memory that is used again. */
const LARGEST_ORDER = 1 << 20

/**
 * The points of sample series in one open window: 14 bytes each, in order of arrival. Only at the end they are sorted,
 * freed of duplicates and folded, so that the order of arrival cannot matter.
 */
export class SamplePoints {
  length = 0
  #series: Uint32Array
  /** ms after the window's start: 1 to the window's length. */
  #offset: Uint16Array
  #value: Float64Array
  #words: Uint32Array

  constructor() {
    this.#series = new Uint32Array(FEWEST)
    this.#offset = new Uint16Array(FEWEST)
    this.#value = new Float64Array(FEWEST)
    this.#words = wordsOf(this.#value)
  }

  /** True if it holds about as many points as it has room for. */
  get isWellFilled(): boolean {
    return this.length * 4 >= this.#series.length
  }

  /** Removes the points; their memory stays. */
  clear(): void {
    this.length = 0
  }

  /** @param series index of the series in its partition */
  add(series: number, offset: number, value: number): void {
    if (this.length === this.#series.length) this.#grow()
    const at = this.length++
    this.#series[at] = series
    this.#offset[at] = offset
    this.#value[at] = value
  }

  addStale(series: number, offset: number): void {
    this.add(series, offset, 0)
    markStaleAt(this.#words, this.length - 1)
  }

  /** Marks in `used` each series that has a point here. */
  markSeries(used: Uint8Array): void {
    for (let i = 0; i < this.length; i++) used[this.#series[i]] = 1
  }

  /** Gives the series new indexes. */
  renumber(newIndex: Int32Array): void {
    for (let i = 0; i < this.length; i++) this.#series[i] = newIndex[this.#series[i]]
  }

  /** Folds the points into rows of `into`, one a series. The points stay. @param series by index */
  fold(series: readonly Series[], startMs: number, into: WindowColumns): void {
    const { length } = this
    if (length === 0) return
    const { starts, order } = this.#orderBySeries(series.length)
    for (let s = 0, at = 0; at < length; s++) {
      const end = starts[s]
      if (end === at) continue
      const row = into.push(series[s], startMs)
      if (end - at > 1) this.#sortRun(order, at, end)
      this.#foldRun(order, at, end, startMs, into, row)
      at = end
    }
  }

  /** Folds the sorted run order[from, to), of equal times the winner alone. */
  #foldRun(order: Uint32Array, from: number, to: number, startMs: number, into: WindowColumns, row: number): void {
    let count = 0
    let isPlain = true
    for (let i = from; i < to; i++) {
      const point = order[i]
      const offset = this.#offset[point]
      if (i + 1 < to && this.#offset[order[i + 1]] === offset) continue
      run.timeMs[count] = startMs + offset
      run.value[count] = this.#value[point]
      run.stale[count] = 0
      if (!Number.isFinite(this.#value[point])) {
        isPlain = false
        run.stale[count] = isStaleAt(this.#words, point) ? 1 : 0
      }
      count++
    }
    if (isPlain) addReadings(into, row, run.timeMs, run.value, 0, count)
    else {
      for (let i = 0; i < count; i++) {
        const stale = run.stale[i] === 1
        addSample(into, row, run.timeMs[i], stale ? Number.NaN : run.value[i], stale)
      }
    }
  }

  /** Counting sort, valid until the next: afterwards `order` holds the points series by series, `starts[s]` the end of series s in it. */
  #orderBySeries(seriesCount: number): { starts: Uint32Array; order: Uint32Array } {
    const starts = new Uint32Array(seriesCount + 1)
    for (let i = 0; i < this.length; i++) starts[this.#series[i] + 1]++
    for (let s = 0; s < seriesCount; s++) starts[s + 1] += starts[s]
    const order = orderOf(this.length)
    for (let i = 0; i < this.length; i++) order[starts[this.#series[i]]++] = i
    return { starts, order }
  }

  /** Sorts order[from, to) by time, equal times by value, the winner last. */
  #sortRun(order: Uint32Array, from: number, to: number): void {
    let sorted = true
    for (let i = from + 1; i < to && sorted; i++) sorted = this.#compare(order[i - 1], order[i]) <= 0
    if (sorted) return
    if (to - from > 24) {
      order.subarray(from, to).sort((a, b) => this.#compare(a, b))
      return
    }
    for (let i = from + 1; i < to; i++) {
      const point = order[i]
      let at = i
      while (at > from && this.#compare(order[at - 1], point) > 0) {
        order[at] = order[at - 1]
        at--
      }
      order[at] = point
    }
  }

  #compare(a: number, b: number): number {
    const byTime = this.#offset[a] - this.#offset[b]
    if (byTime !== 0) return byTime
    return compareValues(this.#value[a], isStaleAt(this.#words, a), this.#value[b], isStaleAt(this.#words, b))
  }

  #grow(): void {
    const capacity = this.#series.length * 2
    this.#series = widened(this.#series, capacity)
    this.#offset = widened(this.#offset, capacity)
    this.#value = widened(this.#value, capacity)
    this.#words = wordsOf(this.#value)
  }
}

let order = new Uint32Array(0)

/** Room for so many points, with any content. Kept unless it is large. */
function orderOf(length: number): Uint32Array {
  if (length <= order.length) return order
  const wider = new Uint32Array(Math.min(2 * length, Math.max(length, LARGEST_ORDER)))
  if (wider.length <= LARGEST_ORDER) order = wider
  return wider
}

/** The run at hand: a window has no more times than this. */
const run = {
  timeMs: new Float64Array(WINDOW_MS),
  value: new Float64Array(WINDOW_MS),
  stale: new Uint8Array(WINDOW_MS),
}
