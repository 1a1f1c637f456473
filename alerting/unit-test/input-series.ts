import { type LabelSet, labelsKey } from '../../promql/labels.js'
import type { ScriptItem } from '../../promql/script/command.js'
import type { PointValue } from '../../promql/script/memory-source.js'
import type { UnitTest } from './test-file.js'

/** What the points go into. */
interface Loaded {
  appendNewer(labels: LabelSet, timeMs: number, value: PointValue): void
}

/** The series of a test, given out in the order of time: what lies ahead is not there yet. */
export class InputSeries {
  readonly #startMs: number
  readonly #intervalMs: number
  readonly #series: readonly { labels: LabelSet; items: readonly ScriptItem[] }[]
  readonly #source: Loaded
  #next = 0

  constructor({ startMs, intervalMs, series }: UnitTest, source: Loaded) {
    this.#startMs = startMs
    this.#intervalMs = intervalMs
    // Of a series that is given twice the last one counts.
    this.#series = [...new Map(series.map((one) => [labelsKey(one.labels), one])).values()]
    this.#source = source
  }

  loadUpTo(timeMs: number): void {
    const longest = Math.max(0, ...this.#series.map(({ items }) => items.length))
    for (; this.#next < longest; this.#next++) {
      const at = this.#startMs + this.#next * this.#intervalMs
      if (at > timeMs) return
      for (const { labels, items } of this.#series) {
        const value = pointOf(items[this.#next])
        if (value !== undefined) this.#source.appendNewer(labels, at, value)
      }
    }
  }
}

function pointOf(item: ScriptItem): PointValue | undefined {
  if (!item) return undefined
  if ('histogram' in item) return item.histogram
  return item.stale ? 'stale' : item.value
}
