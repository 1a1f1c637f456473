import type { NativeHistogram } from '../../schemas/histogram.js'
import type { SeriesSource, WindowedSeries } from '../../schemas/ports/series-source.js'
import { type Matcher, valuePredicate } from '../../schemas/series/matcher.js'
import type { TimeRange } from '../../schemas/time.js'
import { equalHistograms, storedCounterReset } from '../histogram/index.js'
import { compareLabels, type LabelSet, labelsKey, labelValue } from '../labels.js'

/** What a point is: a float, a native histogram, or the marker that ends its series. */
export type PointValue = number | NativeHistogram | 'stale'

/** Series held in memory, point by point: what scripts and tests load. Answers as Prometheus's storage would. */
export class MemorySource implements SeriesSource {
  readonly #series = new Map<string, MemorySeries>()
  #sorted: MemorySeries[] | undefined

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
      this.#sorted = undefined
    }
    return series
  }

  clear(): void {
    this.#series.clear()
    this.#sorted = undefined
  }

  async *select(matchers: readonly Matcher[], range: TimeRange): AsyncIterable<WindowedSeries> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: valuePredicate(matcher) }))
    this.#sorted ??= [...this.#series.values()].sort((a, b) => compareLabels(a.labels, b.labels))
    for (const series of this.#sorted) {
      if (!tests.every(({ name, test }) => test(labelValue(series.labels, name)))) continue
      const selected = series.between(range)
      if (selected) yield selected
    }
  }
}

class MemorySeries {
  readonly #timeMs: number[] = []
  readonly #value: number[] = []
  readonly #stale: number[] = []
  readonly #startMs: number[] = []
  readonly #histogram: (NativeHistogram | undefined)[] = []
  #hasHistograms = false
  #hasStarts = false

  constructor(readonly labels: LabelSet) {}

  get newestMs(): number {
    return this.#timeMs.at(-1) ?? Number.NEGATIVE_INFINITY
  }

  append(timeMs: number, value: PointValue, startMs: number): void {
    const newest = this.#timeMs.at(-1)
    if (timeMs === newest && this.#isNewest(value)) return
    if (newest !== undefined && timeMs <= newest) {
      throw new Error(`a point at ${timeMs} ms does not lie behind the newest at ${newest} ms`)
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
    return value === 'stale' || Object.is(this.#value.at(-1), value)
  }

  #stored(histogram: NativeHistogram): NativeHistogram {
    // That a histogram is no reset is found out, not believed.
    const told = histogram.counterReset === 'notReset' ? { ...histogram, counterReset: 'unknown' as const } : histogram
    return { ...histogram, counterReset: storedCounterReset(told, this.#histogram.at(-1)) }
  }

  /** The points in (startMs, endMs], undefined if there are none. */
  between({ startMs, endMs }: TimeRange): WindowedSeries | undefined {
    const from = firstAfter(this.#timeMs, startMs)
    const to = firstAfter(this.#timeMs, endMs)
    if (from >= to) return undefined
    return {
      labels: this.labels,
      timeMs: Float64Array.from(this.#timeMs.slice(from, to)),
      value: Float64Array.from(this.#value.slice(from, to)),
      stale: Uint8Array.from(this.#stale.slice(from, to)),
      ...(this.#hasHistograms && { histogram: this.#histogram.slice(from, to) }),
      ...(this.#hasStarts && { startMs: Float64Array.from(this.#startMs.slice(from, to)) }),
    }
  }
}

/** Index of the first time after `timeMs` in ascending `times`. */
function firstAfter(times: readonly number[], timeMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle] <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}
