import type { Expr, MatrixSelector, VectorSelector } from '../promql/ast.js'
import type { QueryTimes } from '../promql/engine.js'
import { parts } from '../promql/evaluate/prepare.js'
import type { SelectHints } from '../schemas/ports/series-source.js'
import type { Matcher } from '../schemas/series/matcher.js'
import type { TimeRange } from '../schemas/time.js'

/** From so many different selections of one metric on it is read as a whole, once. */
const MANY_SELECTIONS = 3

/**
 * Metrics that are to be read as a whole, by the shape of what is read of them: those of which rules select all, or many
 * different parts.
 */
export function popularMetrics(exprs: readonly Expr[]): Map<string, Set<string>> {
  const selections = new Map<string, Map<string, Set<string>>>()
  const note = (shape: string | undefined, { matchers }: VectorSelector) => {
    const name = exactName(matchers)
    if (!name || shape === undefined) return
    const ofShape = selections.get(shape) ?? new Map<string, Set<string>>()
    selections.set(shape, ofShape)
    const found = ofShape.get(name.value) ?? new Set<string>()
    ofShape.set(name.value, found)
    // Enough of them are known already.
    if (found.size < MANY_SELECTIONS) found.add(matchers.length === 1 ? '' : JSON.stringify(matchers))
  }
  const walk = (expr: Expr, func?: string): void => {
    if (expr.type === 'vector') note(instantShape(expr), expr)
    else if (expr.type === 'matrix') note(rangeShape(expr, func), expr.vector)
    // The inside of a subquery is read for times of its own.
    else if (expr.type !== 'subquery')
      for (const part of parts(expr)) walk(part, expr.type === 'call' ? expr.func : undefined)
  }
  for (const expr of exprs) walk(expr)
  const popular = new Map<string, Set<string>>()
  for (const [shape, byName] of selections) {
    const names = [...byName].filter(([, found]) => found.has('') || found.size >= MANY_SELECTIONS)
    if (names.length > 0) popular.set(shape, new Set(names.map(([name]) => name)))
  }
  return popular
}

/** The shape of what is selected for these times; undefined if it is none that {@link popularMetrics} tells. */
export function shapeOf(range: TimeRange, hints: SelectHints, times: QueryTimes): string | undefined {
  const { lookbackMs, rangeMs, func, everyPoint } = hints
  const widthMs = lookbackMs ?? rangeMs
  const offsetMs = times.endMs - range.endMs
  if (everyPoint || widthMs === undefined || range.startMs !== times.startMs - offsetMs - widthMs) return undefined
  if (hints.stepMs !== times.stepMs) return undefined
  return lookbackMs === undefined ? `${func} of ${widthMs} offset ${offsetMs}` : `offset ${offsetMs}`
}

/** The matcher that fixes the metric name, if it is the only one of the name. */
export function exactName(matchers: readonly Matcher[]): Matcher | undefined {
  const names = matchers.filter(({ name }) => name === '__name__')
  return names.length === 1 && names[0].op === '=' ? names[0] : undefined
}

function instantShape({ at, extent, offsetExpr, offsetMs }: VectorSelector): string | undefined {
  return at || extent || offsetExpr ? undefined : `offset ${offsetMs}`
}

function rangeShape({ vector, rangeMs, rangeExpr }: MatrixSelector, func: string | undefined): string | undefined {
  const { at, extent, offsetExpr, offsetMs } = vector
  return at || extent || offsetExpr || rangeExpr ? undefined : `${func} of ${rangeMs} offset ${offsetMs}`
}
