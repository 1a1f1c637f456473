import type { DuckDBConnection } from '@duckdb/node-api'
import type {
  AggregatedWindows,
  Distribution,
  WantedColumns,
  WindowAggregation,
} from '../../schemas/ports/batch-view.js'
import type { Series } from '../../schemas/series/series.js'
import { Sketch } from '../../schemas/sketch/sketch.js'
import type { WindowColumn, WindowColumns } from '../../schemas/windows/columns.js'
import type { ReadableFile } from '../duck/tier-files-sql.js'
import { readWindows } from './read-windows.js'
import { isPoint, RunOfWindows } from './run-of-windows.js'
import { StepFold } from './step-fold.js'

/** Buckets that may be held at once: 64 MB. Beyond that it is for others to go series by series. */
const MOST_HELD = 8_000_000

/**
 * Computes an aggregation of sketches. SQL picks the windows; their buckets are merged where DuckDB decoded them. As long
 * rows of (series, step, bucket) in a GROUP BY the same takes ten times as long.
 * @returns undefined as the port says
 */
export async function aggregateSketches(
  connection: DuckDBConnection,
  files: readonly ReadableFile[],
  aggregation: WindowAggregation,
): Promise<AggregatedWindows | undefined> {
  const { series, startMs, stepMs, steps, value } = aggregation
  const range = { startMs, endMs: startMs + steps * stepMs }
  const fold = value === 'quantile' ? new QuantileFold(aggregation) : new DistributionFold(aggregation)
  const indexes = new Map(series.map((one, index) => [one, index]))
  let read = 0
  for await (const windows of readWindows(connection, files, series, range, fold.columns)) {
    read += windows.length
    let index = -1
    let of: Series | undefined
    for (let row = 0; row < windows.length; row++) {
      if (windows.series[row] !== of) {
        of = windows.series[row]
        index = indexes.get(of) ?? -1
      }
      if (windows.stale[row] !== 0) return undefined
      if (!(windows.count[row] > 0)) continue
      fold.add(index, Math.floor((windows.start[row] - startMs) / stepMs), windows, row)
    }
    if (fold.held > MOST_HELD || !fold.isExact) return undefined
  }
  return { ...fold.finish(), windows: read }
}

/** What becomes of the windows of an aggregation. */
interface WindowFold {
  readonly columns: WantedColumns
  /** Buckets that are held. */
  readonly held: number
  /** False if the order of merging would show. */
  readonly isExact: boolean
  /** Adds a window with a finite value. */
  add(series: number, step: number, windows: WindowColumns, row: number): void
  finish(): Omit<AggregatedWindows, 'windows'>
}

const columnsOf = (...columns: WindowColumn[]): WantedColumns => ({ sample: columns, event: columns, sketches: true })

/** Quantiles of steps of several windows, aggregated over series. */
class QuantileFold implements WindowFold {
  readonly columns = columnsOf('count', 'min', 'max', 'firstMs')
  held = 0
  isExact = true
  readonly #aggregation: WindowAggregation
  readonly #results: StepFold
  #isApproximate = false
  /** By series * steps + step. */
  readonly #runs = new Map<number, RunOfWindows>()

  constructor(aggregation: WindowAggregation) {
    const { op, groups, steps } = aggregation
    this.#aggregation = aggregation
    this.#results = new StepFold(op, groups * steps)
  }

  add(series: number, step: number, windows: WindowColumns, row: number): void {
    const { steps, tier } = this.#aggregation
    this.#isApproximate ||= !isPoint(windows, row, tier)
    // Whole weights add up to the same in any order; others are merged in order of time by whoever asked.
    this.isExact &&= Number.isInteger(windows.count[row])
    const place = series * steps + step
    let run = this.#runs.get(place)
    if (!run) {
      run = new RunOfWindows()
      this.#runs.set(place, run)
    }
    const before = run.held
    run.add(windows, row, tier)
    this.held += run.held - before
  }

  finish(): Omit<AggregatedWindows, 'windows'> {
    const { steps, group, quantile = 0 } = this.#aggregation
    for (const [place, run] of this.#runs) {
      const step = place % steps
      this.#results.add(group[(place - step) / steps] * steps + step, run.quantile(quantile))
    }
    return { ...this.#results.finish(), isApproximate: this.#isApproximate }
  }
}

/** Sketches of each group's steps. */
class DistributionFold implements WindowFold {
  readonly columns = columnsOf('count', 'sum', 'min')
  held = 0
  readonly isExact = true
  readonly #aggregation: WindowAggregation
  readonly #counts: StepFold
  readonly #sums: StepFold
  readonly #sketches: (Sketch | undefined)[]

  constructor(aggregation: WindowAggregation) {
    const places = aggregation.groups * aggregation.steps
    this.#aggregation = aggregation
    this.#counts = new StepFold('sum', places)
    this.#sums = new StepFold('sum', places)
    this.#sketches = new Array(places)
  }

  add(series: number, step: number, { count, sum, min, sketch }: WindowColumns, row: number): void {
    const { group, steps } = this.#aggregation
    const place = group[series] * steps + step
    this.#counts.add(place, count[row])
    this.#sums.add(place, sum[row])
    const merged = this.#sketches[place] ?? new Sketch(Number.POSITIVE_INFINITY)
    this.#sketches[place] = merged
    const before = bucketsOf(merged)
    const stored = sketch[row]
    if (stored) merged.merge(stored)
    else merged.add(min[row], count[row])
    this.held += bucketsOf(merged) - before
  }

  finish(): Omit<AggregatedWindows, 'windows'> {
    const { value: count, present } = this.#counts.finish()
    const { value: sum } = this.#sums.finish()
    const distribution = Array.from(this.#sketches, (sketch, place): Distribution | undefined =>
      sketch ? { count: count[place], sum: sum[place], sketch } : undefined,
    )
    return { value: sum, present, distribution }
  }
}

function bucketsOf({ positive, negative }: Sketch): number {
  return positive.counts.length + negative.counts.length
}
