import { addSample } from '../schemas/aggregates/index.js'
import { compareValues, isStaleAt, markStaleAt, wordsOf } from '../schemas/points.js'
import type { Series } from '../schemas/series/series.js'
import { Sketch } from '../schemas/sketch/sketch.js'
import { widened } from '../schemas/widened.js'
import type { WindowColumns } from '../schemas/windows/columns.js'

/** Points of a series in a window from which on it pays to look at their range before they are folded. */
const MANY_POINTS = 4

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

  /** @param capacity points that are expected */
  constructor(capacity = 256) {
    this.#series = new Uint32Array(capacity)
    this.#offset = new Uint16Array(capacity)
    this.#value = new Float64Array(capacity)
    this.#words = wordsOf(this.#value)
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
      if (end - at >= MANY_POINTS) into.sketch[row] = this.#roomySketch(order, at, end)
      for (let i = at; i < end; i++) {
        const point = order[i]
        if (this.#isDuplicate(order, i, end)) continue
        const stale = isStaleAt(this.#words, point)
        addSample(into, row, startMs + this.#offset[point], stale ? Number.NaN : this.#value[point], stale)
      }
      at = end
    }
  }

  /** True if a later point of the sorted run has the same time, and so wins. */
  #isDuplicate(order: Uint32Array, i: number, end: number): boolean {
    return i + 1 < end && this.#offset[order[i + 1]] === this.#offset[order[i]]
  }

  /** A sketch with a bucket for every value of the sorted run; none if all are equal, then the window stores none. */
  #roomySketch(order: Uint32Array, from: number, to: number): Sketch | undefined {
    let [leastPositive, mostPositive, leastNegative, mostNegative] = [
      Number.POSITIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
      0,
    ]
    let known = Number.NaN
    let differ = false
    for (let i = from; i < to; i++) {
      const value = this.#value[order[i]]
      if (!Number.isFinite(value) || this.#isDuplicate(order, i, to) || isStaleAt(this.#words, order[i])) continue
      if (Number.isNaN(known)) known = value
      else if (value !== known) differ = true
      if (value > 0) {
        if (value < leastPositive) leastPositive = value
        if (value > mostPositive) mostPositive = value
      } else if (value < 0) {
        if (-value < leastNegative) leastNegative = -value
        if (-value > mostNegative) mostNegative = -value
      }
    }
    return differ ? Sketch.reaching(leastPositive, mostPositive, leastNegative, mostNegative) : undefined
  }

  /** Counting sort: afterwards `order` holds the points series by series, `starts[s]` the end of series s in it. */
  #orderBySeries(seriesCount: number): { starts: Uint32Array; order: Uint32Array } {
    const starts = new Uint32Array(seriesCount + 1)
    for (let i = 0; i < this.length; i++) starts[this.#series[i] + 1]++
    for (let s = 0; s < seriesCount; s++) starts[s + 1] += starts[s]
    const order = new Uint32Array(this.length)
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
