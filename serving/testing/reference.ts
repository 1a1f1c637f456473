import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import { Sketch } from '../../schemas/sketch/sketch.js'

/** The newest value within the lookback at each moment, undefined where there is none or a staleness marker stands. */
export function newestAt(series: WindowedSeries, times: readonly number[], lookbackMs: number): (number | undefined)[] {
  return times.map((timeMs) => {
    let newest = -1
    for (let i = 0; i < series.timeMs.length && series.timeMs[i] <= timeMs; i++) newest = i
    if (newest < 0 || series.timeMs[newest] <= timeMs - lookbackMs || series.stale[newest] === 1) return undefined
    return series.value[newest]
  })
}

/** What the rows of one range say together, markers left out. */
interface Together {
  count: number
  sum: number
  min: number
  max: number
  first: number
  firstMs: number
  last: number
  lastMs: number
  growth: number
  /** From the first point to the last, which extrapolation of readings goes by, ms. */
  span?: number
  sketch: Sketch
  /** Values that are not finite, as one who has every point sees them. */
  odd: number[]
}

/** Functions of a range over what its rows say together: the simplest words for them, exact where rows are points. */
const FUNCTIONS: Readonly<Record<string, (all: Together) => number>> = {
  sum_over_time: ({ sum, odd }) => odd.reduce((total, value) => total + value, sum),
  count_over_time: ({ count, odd }) => count + odd.length,
  avg_over_time: ({ sum, count, odd }) => odd.reduce((total, value) => total + value, sum) / (count + odd.length),
  min_over_time: ({ min }) => min,
  max_over_time: ({ max }) => max,
  present_over_time: () => 1,
  first_over_time: ({ first }) => first,
  last_over_time: ({ last }) => last,
  ts_of_first_over_time: ({ firstMs }) => firstMs,
  ts_of_last_over_time: ({ lastMs }) => lastMs,
  increase: ({ growth, span, count }) => growth + (span ?? 0) / count,
  rate: ({ growth, span, count }) => (growth + (span ?? 0) / count) / 60,
  delta: ({ first, last, firstMs, lastMs }) => (last - first) * (lastMs - firstMs),
  quantile_over_time: ({ sketch }) => sketch.quantile(0.9),
}

export const RANGE_FUNCTIONS = Object.keys(FUNCTIONS)

/** A function of the range before each moment; undefined where the range holds nothing. */
export function overRange(
  func: string,
  series: WindowedSeries,
  times: readonly number[],
  rangeMs: number,
): (number | undefined)[] {
  return times.map((timeMs) => {
    const all = together(series, timeMs - rangeMs, timeMs)
    return all && FUNCTIONS[func](all)
  })
}

function together(series: WindowedSeries, startMs: number, endMs: number): Together | undefined {
  let all: Together | undefined
  for (let i = 0; i < series.timeMs.length; i++) {
    if (series.timeMs[i] <= startMs || series.timeMs[i] > endMs) continue
    const row = rowOf(series, i)
    if (!row) continue
    if (!all) {
      const span = series.windows?.kind === 'event' ? undefined : row.lastMs - row.firstMs
      all = { ...row, span, sketch: row.sketch.copy() }
      continue
    }
    const step = row.first >= all.last ? row.first - all.last : row.first
    const isStep = series.windows?.kind !== 'event' && Number.isFinite(step) && Number.isFinite(all.last)
    all.growth += row.growth + (isStep ? step : 0)
    all.count += row.count
    all.sum += row.sum
    all.min = least(all.min, row.min)
    all.max = -least(-all.max, -row.max)
    all.sketch.merge(row.sketch)
    all.odd.push(...row.odd)
    all.last = row.last
    all.lastMs = row.lastMs
    if (series.windows?.kind !== 'event') all.span = all.lastMs - all.firstMs
  }
  return all
}

function least(a: number, b: number): number {
  return Number.isNaN(a) || b < a ? b : a
}

/** Row i by itself; undefined if it is a marker and nothing else. */
function rowOf({ windows, timeMs, value, stale }: WindowedSeries, i: number): Together | undefined {
  const [last, lastMs] = [value[i], timeMs[i]]
  if (!windows || (windows.kind === 'sample' && windows.firstMs[i] === lastMs)) {
    if (stale[i] === 1) return undefined
    const isNumber = Number.isFinite(last)
    const [count, sum, edge] = isNumber ? [1, last, last] : [0, 0, Number.NaN]
    const sketch = isNumber ? Sketch.of(last, 1) : new Sketch()
    const odd = isNumber ? [] : [last]
    return { count, sum, min: edge, max: edge, first: last, firstMs: lastMs, last, lastMs, growth: 0, sketch, odd }
  }
  const { count, sum, min, max, first, firstMs, increase } = windows
  const growth = windows.kind === 'event' ? sum[i] : increase[i]
  const sketch = windows.sketch?.[i] ?? (count[i] > 0 ? Sketch.of(min[i], count[i]) : new Sketch())
  const row = { count: count[i], sum: sum[i], min: min[i], max: max[i], first: first[i], firstMs: firstMs[i] }
  return { ...row, last, lastMs, growth, sketch, odd: [] }
}
