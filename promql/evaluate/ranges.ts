import type { MatrixSelector, Subquery } from '../ast.js'
import type { Evaluation } from './evaluation.js'
import { type RangeSeries, rangeSeries } from './range-series.js'
import type { Reach } from './range-view.js'
import { type Around, matrixSelection, reachOf, readTimes } from './selection.js'
import { evaluateSubquery } from './subquery.js'

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
    return {
      series: await evaluateSubquery(expr, evaluation, 'range'),
      rangeMs: expr.rangeMs,
      reach: { beforeMs: 0, afterMs: 0 },
      endMs: readTimes(expr, grid),
    }
  }
  const selection = matrixSelection(expr, grid, lookbackMs, around)
  const wanted = matrixSelection(expr, evaluation.whole, lookbackMs, around)
  const series: RangeSeries[] = []
  for (const read of await evaluation.read(expr.vector, wanted)) {
    const points = rangeSeries(read, selection.range.startMs, selection.range.endMs)
    const rows = points.floats.timeMs.length + points.histograms.timeMs.length
    const wait = evaluation.pace(rows)
    if (wait) await wait
    if (rows > 0) series.push(points)
  }
  return {
    series,
    rangeMs: expr.rangeMs,
    reach: reachOf(expr.vector, lookbackMs),
    extent: expr.vector.extent,
    endMs: readTimes(expr.vector, grid),
  }
}
