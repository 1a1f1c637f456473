import type { NativeHistogram } from '../../schemas/histogram.js'
import type { SeriesSource, WindowedSeries } from '../../schemas/ports/series-source.js'
import { type Matcher, valuePredicate } from '../../schemas/series/matcher.js'
import type { TimeRange } from '../../schemas/time.js'
import { equalHistograms, storedCounterReset } from '../histogram/index.js'
import { compareLabels, type LabelSet, labelsKey, labelValue } from '../labels.js'

/** What a point is: a float, a native histogram, or the marker that ends its series. */
export type PointValue = number | NativeHistogram | 'stale'

/** Selectors whose series are remembered. */
const SELECTIONS = 1000

/** Series held in memory, point by point: what scripts and tests load. Answers as Prometheus's storage would. */
export class MemorySource implements SeriesSource {
  readonly #series = new Map<string, MemorySeries>()
  /** Sorted by labels, by selector. */
  readonly #selections = new Map<string, readonly MemorySeries[]>()

  /**
   * Adds a point behind the newest of its series. A histogram's counter reset hint becomes what Prometheus's storage
   * would give back.
   * @param startMs since when its counter has counted; 0 if that is not known
   * @throws Error if the series has another point at that time, or a later one
   */
  append(labels: LabelSet, timeMs: number, value: PointValue, startMs = 0): void {
    this.#seriesOf(labels).append(timeMs, value, startMs)
  }

  /** As `append`, but a point that lies before the newest of its series, or differs from it at its time, is left out. */
  appendNewer(labels: LabelSet, timeMs: number, value: PointValue): void {
    const series = this.#seriesOf(labels)
    if (series.newestMs < timeMs) series.append(timeMs, value, 0)
  }

  #seriesOf(labels: LabelSet): MemorySeries {
    const kept = labels.filter(([, text]) => text !== '')
    const key = labelsKey(kept)
    let series = this.#series.get(key)
    if (!series) {
      series = new MemorySeries(kept)
      this.#series.set(key, series)
      this.#selections.clear()
    }
    return series
  }

  clear(): void {
    this.#series.clear()
    this.#selections.clear()
  }

  async *select(matchers: readonly Matcher[], range: TimeRange): AsyncIterable<WindowedSeries> {
    for (const series of this.#selected(matchers)) {
      const selected = series.between(range)
      if (selected) yield selected
    }
  }

  #selected(matchers: readonly Matcher[]): readonly MemorySeries[] {
    const key = matchers.map(({ name, op, value }) => `${name}\0${op}\0${value}`).join('\0')
    const known = this.#selections.get(key)
    if (known) return known
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: valuePredicate(matcher) }))
    const selected = [...this.#series.values()]
      .filter(({ labels }) => tests.every(({ name, test }) => test(labelValue(labels, name))))
      .sort((a, b) => compareLabels(a.labels, b.labels))
    if (this.#selections.size >= SELECTIONS) this.#selections.clear()
    this.#selections.set(key, selected)
    return selected
  }
}

/** Numbers that grow at their end; a part of them is seen without a copy. */
class GrowingNumbers {
  #numbers = new Float64Array(16)
  length = 0

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const wider = new Float64Array(2 * this.length)
      wider.set(this.#numbers)
      this.#numbers = wider
    }
    this.#numbers[this.length++] = value
  }

  at(place: number): number {
    return this.#numbers[place]
  }

  between(from: number, to: number): Float64Array {
    return this.#numbers.subarray(from, to)
  }

  /** Place of the first number after `limit`, in ascending ones. */
  firstAfter(limit: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#numbers[middle] <= limit) low = middle + 1
      else high = middle
    }
    return low
  }
}

class MemorySeries {
  readonly #timeMs = new GrowingNumbers()
  readonly #value = new GrowingNumbers()
  readonly #stale: number[] = []
  readonly #startMs = new GrowingNumbers()
  readonly #histogram: (NativeHistogram | undefined)[] = []
  #hasHistograms = false
  #hasStarts = false

  constructor(readonly labels: LabelSet) {}

  get newestMs(): number {
    return this.#timeMs.length === 0 ? Number.NEGATIVE_INFINITY : this.#timeMs.at(this.#timeMs.length - 1)
  }

  append(timeMs: number, value: PointValue, startMs: number): void {
    if (timeMs === this.newestMs && this.#isNewest(value)) return
    if (timeMs <= this.newestMs) {
      throw new Error(`a point at ${timeMs} ms does not lie behind the newest at ${this.newestMs} ms`)
    }
    const histogram = typeof value === 'object' ? this.#stored(value) : undefined
    this.#hasHistograms ||= histogram !== undefined
    this.#hasStarts ||= startMs !== 0
    this.#timeMs.push(timeMs)
    this.#value.push(typeof value === 'number' ? value : Number.NaN)
    this.#stale.push(value === 'stale' ? 1 : 0)
    this.#startMs.push(startMs)
    this.#histogram.push(histogram)
  }

  /** The same point once more changes nothing. */
  #isNewest(value: PointValue): boolean {
    const histogram = this.#histogram.at(-1)
    if (typeof value === 'object') return histogram !== undefined && equalHistograms(histogram, value)
    if (histogram || this.#stale.at(-1) !== (value === 'stale' ? 1 : 0)) return false
    return value === 'stale' || Object.is(this.#value.at(this.#value.length - 1), value)
  }

  #stored(histogram: NativeHistogram): NativeHistogram {
    // That a histogram is no reset is found out, not believed.
    const told = histogram.counterReset === 'notReset' ? { ...histogram, counterReset: 'unknown' as const } : histogram
    return { ...histogram, counterReset: storedCounterReset(told, this.#histogram.at(-1)) }
  }

  /** The points in (startMs, endMs], undefined if there are none. */
  between({ startMs, endMs }: TimeRange): WindowedSeries | undefined {
    const from = this.#timeMs.firstAfter(startMs)
    const to = this.#timeMs.firstAfter(endMs)
    if (from >= to) return undefined
    return {
      labels: this.labels,
      timeMs: this.#timeMs.between(from, to),
      value: this.#value.between(from, to),
      stale: Uint8Array.from(this.#stale.slice(from, to)),
      ...(this.#hasHistograms && { histogram: this.#histogram.slice(from, to) }),
      ...(this.#hasStarts && { startMs: this.#startMs.between(from, to) }),
    }
  }
}
