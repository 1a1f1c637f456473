import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import { firstAfter } from './range-series.js'
import { StepSeries } from './values.js'

/** What of the point at a step is its value: its own value, its time, or since when it has counted (ms). */
export type InstantPart = 'value' | 'time' | 'start'

/** At each step the row that is the series' value, -1 if there is none. Reused from series to series. */
export type RowAtStep = Int32Array

/** The newest point of a series in (t - lookback, t] for each of ascending times; a staleness marker there means no value. */
export function newestRows(
  { timeMs, stale }: WindowedSeries,
  times: Float64Array,
  lookbackMs: number,
  rows: RowAtStep,
): void {
  let next = times.length === 0 ? 0 : firstAfter(timeMs, times[0])
  for (let step = 0; step < times.length; step++) {
    const atMs = times[step]
    while (next < timeMs.length && timeMs[next] <= atMs) next++
    const newest = next - 1
    const isThere = newest >= 0 && timeMs[newest] > atMs - lookbackMs && stale[newest] === 0
    rows[step] = isThere ? newest : -1
  }
}

/** The series on the grid, undefined if it has no value at any step. */
export function stepsOfRows(
  series: WindowedSeries,
  rows: RowAtStep,
  steps: number,
  part: InstantPart,
): StepSeries | undefined {
  let out: StepSeries | undefined
  for (let step = 0; step < steps; step++) {
    const row = rows[step]
    if (row === -1) continue
    if (part === 'start') {
      out ??= new StepSeries(series.labels, steps)
      out.setFloat(step, series.startMs?.[row] ?? 0)
      continue
    }
    out ??= new StepSeries(series.labels, steps)
    const histogram = series.histogram?.[row]
    if (histogram) out.setHistogram(step, histogram)
    if (part === 'time') out.value[step] = series.timeMs[row]
    if (!histogram) out.setFloat(step, part === 'time' ? series.timeMs[row] : series.value[row])
  }
  return out
}
