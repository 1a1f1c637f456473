import type { MatrixSelector, Subquery } from '../ast.js'
import type { Grid } from './context.js'
import type { Evaluation } from './evaluation.js'
import { type RangeSeries, rangeSeries, seriesOfSteps, withoutResetHints } from './range-series.js'
import type { Reach } from './range-view.js'
import { type Around, matrixSelection, reachOf, readTime, readTimes } from './selection.js'
import type { StepSeries } from './values.js'

/** A range vector: the points of all steps, and where each step's range lies. */
export interface RangeVector {
  series: RangeSeries[]
  rangeMs: number
  reach: Reach
  extent?: 'anchored' | 'smoothed'
  /** End of the range of each step, ms. */
  endMs: Float64Array
}

/** Reads a range selector, or evaluates a subquery, for all steps of a grid at once. */
export async function evaluateRange(
  expr: MatrixSelector | Subquery,
  evaluation: Evaluation,
  around: Around,
): Promise<RangeVector> {
  const { grid, lookbackMs } = evaluation
  if (expr.type === 'subquery') {
    const { series, grid: inner } = await evaluateSubquery(expr, evaluation)
    return {
      series: series.map((one) => withoutResetHints(seriesOfSteps(one, inner))),
      rangeMs: expr.rangeMs,
      reach: { beforeMs: 0, afterMs: 0 },
      endMs: readTimes(expr, grid),
    }
  }
  const selection = matrixSelection(expr, grid, lookbackMs, around)
  const series: RangeSeries[] = []
  for (const read of await evaluation.read(expr.vector, selection)) {
    await evaluation.pace(read.timeMs.length)
    const points = rangeSeries(read, selection.range.startMs, selection.range.endMs)
    if (points.floats.timeMs.length + points.histograms.timeMs.length > 0) series.push(points)
  }
  return {
    series,
    rangeMs: expr.rangeMs,
    reach: reachOf(expr.vector, lookbackMs),
    extent: expr.vector.extent,
    endMs: readTimes(expr.vector, grid),
  }
}

/** Evaluates what stands in a subquery on the grid that all its ranges together need. */
export async function evaluateSubquery(
  expr: Subquery,
  evaluation: Evaluation,
): Promise<{ series: StepSeries[]; grid: Grid }> {
  const grid = subqueryGrid(expr, evaluation.grid, expr.stepMs || evaluation.defaultSubqueryStepMs)
  if (grid.steps === 0) return { series: [], grid }
  const evaluated = await evaluation.within(grid).evaluate(expr.expr)
  return { series: evaluated.type === 'vector' ? evaluated.series : [], grid }
}

/** Multiples of the step, whatever the query's own times are, after the start of the first range. */
function subqueryGrid(expr: Subquery, outer: Grid, stepMs: number): Grid {
  const afterMs = readTime(expr, outer, 0) - expr.rangeMs
  const lastMs = readTime(expr, outer, outer.steps - 1)
  const startMs = (Math.floor(afterMs / stepMs) + 1) * stepMs
  return { startMs, stepMs, steps: Math.max(0, Math.floor((lastMs - startMs) / stepMs) + 1) }
}
