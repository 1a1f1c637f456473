import { TidemarkError } from '../schemas/errors.js'
import type { SelectHints, SeriesSource, WindowedSeries } from '../schemas/ports/series-source.js'
import type { TimeRange } from '../schemas/time.js'
import type { Expr, MatrixSelector, VectorSelector } from './ast.js'
import { compareLabels, type MatrixSeries, type Value, type VectorSample } from './value.js'

/** Prometheus's default: a point is the series' value for this long, ms. */
export const DEFAULT_LOOKBACK_MS = 300_000

/** When a query is evaluated: at startMs, startMs + stepMs, … up to endMs. Never moved. stepMs 0 is one moment. */
export interface EvaluationGrid extends TimeRange {
  stepMs: number
}

/** Settings of one evaluation. */
export interface EvaluateOptions {
  lookbackMs?: number
}

/**
 * The value of a query at one moment: a vector, or a matrix for a range selector. Semantics of Prometheus 3.x: ranges
 * and lookback are left-open; a staleness marker ends its series until the next point.
 */
export async function evaluateInstant(
  expr: Expr,
  timeMs: number,
  source: SeriesSource,
  options: EvaluateOptions = {},
): Promise<Value> {
  const grid = { startMs: timeMs, endMs: timeMs, stepMs: 0 }
  if (expr.type === 'matrix') return evaluateMatrix(expr, grid, source)
  const samples: VectorSample[] = []
  for (const series of await evaluateVector(expr, grid, source, options)) {
    samples.push({ labels: series.labels, timeMs, value: series.value[0] })
  }
  return { type: 'vector', samples }
}

/**
 * The values of a query over a grid of moments.
 * @throws TM_QUERY_SYNTAX for a range selector, which has no single value at a moment
 */
export async function evaluateRange(
  expr: Expr,
  grid: EvaluationGrid,
  source: SeriesSource,
  options: EvaluateOptions = {},
): Promise<Value> {
  if (expr.type === 'matrix') {
    throw new TidemarkError('TM_QUERY_SYNTAX', {
      position: 1,
      reason: 'a range query needs one value at each step, and this is a range selector',
    })
  }
  return { type: 'matrix', series: await evaluateVector(expr, grid, source, options) }
}

/** What a selector reads of its source for a grid: the same for the evaluation and for explaining it. */
export function selection(
  expr: Expr,
  grid: EvaluationGrid,
  lookbackMs: number,
): { range: TimeRange; hints: SelectHints } {
  const vector = expr.type === 'vector' ? expr : expr.vector
  const widthMs = expr.type === 'vector' ? lookbackMs : expr.rangeMs
  const fixedMs = fixedTime(vector, grid)
  const lastMs =
    grid.stepMs > 0 ? grid.startMs + Math.floor((grid.endMs - grid.startMs) / grid.stepMs) * grid.stepMs : grid.startMs
  const startMs = (fixedMs ?? grid.startMs) - vector.offsetMs - widthMs
  const endMs = (fixedMs ?? lastMs) - vector.offsetMs
  const hints: SelectHints = { stepMs: fixedMs === undefined ? grid.stepMs : 0 }
  if (expr.type === 'matrix') hints.rangeMs = expr.rangeMs
  else hints.lookbackMs = lookbackMs
  return { range: { startMs, endMs }, hints }
}

async function evaluateMatrix(expr: MatrixSelector, grid: EvaluationGrid, source: SeriesSource): Promise<Value> {
  const { range, hints } = selection(expr, grid, 0)
  const found: MatrixSeries[] = []
  for await (const series of source.select(expr.vector.matchers, range, hints)) {
    const kept = pointsIn(series, range)
    if (kept.timeMs.length > 0) found.push(kept)
  }
  return { type: 'matrix', series: sorted(found) }
}

async function evaluateVector(
  expr: VectorSelector,
  grid: EvaluationGrid,
  source: SeriesSource,
  options: EvaluateOptions,
): Promise<MatrixSeries[]> {
  const lookbackMs = options.lookbackMs ?? DEFAULT_LOOKBACK_MS
  const { range, hints } = selection(expr, grid, lookbackMs)
  const fixedMs = fixedTime(expr, grid)
  const found: MatrixSeries[] = []
  for await (const series of source.select(expr.matchers, range, hints)) {
    const values = valuesOnGrid(series, grid, lookbackMs, (t) => (fixedMs ?? t) - expr.offsetMs)
    if (values.timeMs.length > 0) found.push(values)
  }
  return sorted(found)
}

/** The newest point in (t - lookback, t] for each moment of the grid; a staleness marker there means no value. */
function valuesOnGrid(
  series: WindowedSeries,
  grid: EvaluationGrid,
  lookbackMs: number,
  readAt: (gridMs: number) => number,
): MatrixSeries {
  const steps = grid.stepMs > 0 ? Math.floor((grid.endMs - grid.startMs) / grid.stepMs) + 1 : 1
  const timeMs = new Float64Array(steps)
  const value = new Float64Array(steps)
  let length = 0
  let next = 0
  for (let step = 0; step < steps; step++) {
    const gridMs = grid.startMs + step * grid.stepMs
    const at = readAt(gridMs)
    while (next < series.timeMs.length && series.timeMs[next] <= at) next++
    const newest = next - 1
    if (newest < 0 || series.timeMs[newest] <= at - lookbackMs || series.stale[newest] === 1) continue
    timeMs[length] = gridMs
    value[length++] = series.value[newest]
  }
  return { labels: series.labels, timeMs: timeMs.subarray(0, length), value: value.subarray(0, length) }
}

function pointsIn(series: WindowedSeries, range: TimeRange): MatrixSeries {
  const timeMs = new Float64Array(series.timeMs.length)
  const value = new Float64Array(series.timeMs.length)
  let length = 0
  for (let i = 0; i < series.timeMs.length; i++) {
    if (series.stale[i] === 1 || series.timeMs[i] <= range.startMs || series.timeMs[i] > range.endMs) continue
    timeMs[length] = series.timeMs[i]
    value[length++] = series.value[i]
  }
  return { labels: series.labels, timeMs: timeMs.subarray(0, length), value: value.subarray(0, length) }
}

function fixedTime(vector: VectorSelector, grid: EvaluationGrid): number | undefined {
  if (!vector.at) return undefined
  if ('timeMs' in vector.at) return vector.at.timeMs
  return vector.at.preprocessor === 'start' ? grid.startMs : grid.endMs
}

function sorted(series: MatrixSeries[]): MatrixSeries[] {
  return series.sort((a, b) => compareLabels(a.labels, b.labels))
}
