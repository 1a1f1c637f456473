import type { Expr, Subquery } from '../ast.js'
import { labelsKey } from '../labels.js'
import type { Grid } from './context.js'
import type { Evaluation } from './evaluation.js'
import { GatheredSeries } from './gathered-series.js'
import { withoutDroppedNames } from './names.js'
import { parts } from './prepare.js'
import type { RangeSeries } from './range-series.js'
import { readTime } from './selection.js'
import type { StepSeries } from './values.js'

/**
 * The points of a subquery on the grid that all its ranges together need. What stands in it is evaluated stretch by
 * stretch: a grid may have millions of steps, of which few may hold anything, and no column takes the process for long.
 * Around another subquery that would evaluate the inner one, whose ranges overlap, again and again: it has one stretch.
 * @param use of a `range` the function is asked next; an `answer` is what the user gets
 * @throws TM_QUERY_STEPS, and whatever the evaluation throws
 */
export async function evaluateSubquery(
  expr: Subquery,
  evaluation: Evaluation,
  use: 'range' | 'answer',
): Promise<RangeSeries[]> {
  const stepMs = expr.stepMs || evaluation.defaultSubqueryStepMs
  const grid = subqueryGrid(expr, evaluation.grid, stepMs)
  evaluation.foresee(grid)
  const pace = (samples: number) => evaluation.pace(samples)
  const before = evaluation.held
  const gathered = new Map<string, GatheredSeries>()
  let points = 0
  for (const stretch of stretches(grid, holdsSubquery(expr.expr) ? grid.steps : evaluation.stretchSteps)) {
    const evaluated = await evaluation.within(stretch, grid).evaluate(expr.expr)
    const found = evaluated.type === 'vector' ? evaluated.series : []
    const series = use === 'answer' ? await withoutDroppedNames(found, pace) : found
    for (const [key, one] of keyed(series)) {
      await pace(stretch.steps)
      const all = gathered.get(key) ?? new GatheredSeries(one.labels, one.dropName, grid.steps, use === 'answer')
      gathered.set(key, all)
      points += all.add(one, stretch)
    }
    evaluation.keep(before, points)
    await pace(stretch.steps)
  }
  return [...gathered.values()].map((series) => series.rows())
}

/** Multiples of the step, whatever the query's own times are, after the start of the first range. */
function subqueryGrid(expr: Subquery, outer: Grid, stepMs: number): Grid {
  const afterMs = readTime(expr, outer, 0) - expr.rangeMs
  const lastMs = readTime(expr, outer, outer.steps - 1)
  const startMs = (Math.floor(afterMs / stepMs) + 1) * stepMs
  return { startMs, stepMs, steps: Math.max(0, Math.floor((lastMs - startMs) / stepMs) + 1) }
}

function holdsSubquery(expr: Expr): boolean {
  return expr.type === 'subquery' || parts(expr).some(holdsSubquery)
}

function* stretches({ startMs, stepMs, steps }: Grid, most: number): Iterable<Grid> {
  for (let first = 0; first < steps; first += most) {
    yield { startMs: startMs + first * stepMs, stepMs, steps: Math.min(most, steps - first) }
  }
}

/** By what a series is found again in the next stretch: several of one label set keep their order. */
function* keyed(series: readonly StepSeries[]): Iterable<[string, StepSeries]> {
  const seen = new Map<string, number>()
  for (const one of series) {
    const key = (one.dropName ? '-' : '+') + labelsKey(one.labels)
    const times = seen.get(key) ?? 0
    seen.set(key, times + 1)
    yield [`${times}${key}`, one]
  }
}
