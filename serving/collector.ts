import { TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import { IdTable } from '../schemas/series/id-table.js'
import type { Series } from '../schemas/series/series.js'
import type { TimeRange } from '../schemas/time.js'
import { widened } from '../schemas/widened.js'
import type { WindowColumns } from '../schemas/windows/columns.js'
import { emitPart, type Part } from './parts.js'

/** Points of one stored series, ascending in time. */
export interface SeriesPoints {
  series: Series
  timeMs: Float64Array
  value: Float64Array
  stale: Uint8Array
}

/** Counts what one query reads, over all of its parts. */
export class ReadBudget {
  #samples = 0
  readonly #limits: Pick<Limits, 'querySamples' | 'querySeries'>

  constructor(limits: Pick<Limits, 'querySamples' | 'querySeries'>) {
    this.#limits = limits
  }

  /** @throws TM_QUERY_SAMPLES */
  takeSamples(samples: number): void {
    this.#samples += samples
    const limit = this.#limits.querySamples
    if (this.#samples > limit) throw new TidemarkError('TM_QUERY_SAMPLES', { limit })
  }

  /** @throws TM_QUERY_SERIES if so many series are over the limit */
  checkSeries(series: number): void {
    const limit = this.#limits.querySeries
    if (series > limit) throw new TidemarkError('TM_QUERY_SERIES', { series, limit })
  }
}

/** Gathers the points of one part of a plan, series by series, from windows in any order. */
export class PointCollector {
  readonly #part: Part
  readonly #range: TimeRange
  readonly #tierMs: number
  readonly #budget: ReadBudget
  readonly #ids = new IdTable(64)
  readonly #series: GrowingSeries[] = []

  /** @param range windows that start outside of it are ignored: they belong to another part */
  constructor(part: Part, range: TimeRange, tierMs: number, budget: ReadBudget) {
    this.#part = part
    this.#range = range
    this.#tierMs = tierMs
    this.#budget = budget
  }

  /** @throws TM_QUERY_SAMPLES, TM_QUERY_SERIES */
  add(windows: WindowColumns): void {
    const { startMs, endMs } = this.#range
    let target: GrowingSeries
    let emitted = 0
    const emit = (timeMs: number, value: number, stale: boolean) => {
      target.push(timeMs, value, stale)
      emitted++
    }
    for (let row = 0; row < windows.length; row++) {
      if (windows.start[row] < startMs || windows.start[row] >= endMs) continue
      target = this.#seriesOf(windows.series[row])
      emitPart(this.#part, windows, row, this.#tierMs, emit)
    }
    this.#budget.takeSamples(emitted)
  }

  /** Everything gathered, each series in order of time. */
  finish(): SeriesPoints[] {
    return this.#series.map((series) => series.finish())
  }

  #seriesOf(series: Series): GrowingSeries {
    const index = this.#ids.add(series.idLow, series.idHigh)
    if (index === this.#series.length) {
      this.#budget.checkSeries(index + 1)
      this.#series.push(new GrowingSeries(series))
    }
    return this.#series[index]
  }
}

class GrowingSeries {
  readonly #series: Series
  #length = 0
  #ascending = true
  #timeMs = new Float64Array(16)
  #value = new Float64Array(16)
  #stale = new Uint8Array(16)

  constructor(series: Series) {
    this.#series = series
  }

  push(timeMs: number, value: number, stale: boolean): void {
    if (this.#length === this.#timeMs.length) this.#grow()
    const at = this.#length++
    if (at > 0 && timeMs < this.#timeMs[at - 1]) this.#ascending = false
    this.#timeMs[at] = timeMs
    this.#value[at] = value
    this.#stale[at] = stale ? 1 : 0
  }

  finish(): SeriesPoints {
    const length = this.#length
    const [timeMs, value, stale] = [this.#timeMs, this.#value, this.#stale]
    if (this.#ascending) {
      const kept = {
        timeMs: timeMs.subarray(0, length),
        value: value.subarray(0, length),
        stale: stale.subarray(0, length),
      }
      return { series: this.#series, ...kept }
    }
    const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => timeMs[a] - timeMs[b])
    return {
      series: this.#series,
      timeMs: Float64Array.from(order, (i) => timeMs[i]),
      value: Float64Array.from(order, (i) => value[i]),
      stale: Uint8Array.from(order, (i) => stale[i]),
    }
  }

  #grow(): void {
    const capacity = this.#timeMs.length * 2
    this.#timeMs = widened(this.#timeMs, capacity)
    this.#value = widened(this.#value, capacity)
    this.#stale = widened(this.#stale, capacity)
  }
}
