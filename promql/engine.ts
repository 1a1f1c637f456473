import { performance } from 'node:perf_hooks'
import { TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import type { SeriesSource } from '../schemas/ports/series-source.js'
import { Annotations } from './annotations.js'
import type { Expr, VectorSelector } from './ast.js'
import { syntaxError } from './errors.js'
import { Budget } from './evaluate/budget.js'
import type { QueryGrid } from './evaluate/context.js'
import type { QueryTimes } from './evaluate/durations.js'
import { Evaluation } from './evaluate/evaluation.js'
import { extendedPoints } from './evaluate/extended-points.js'
import type { Memo } from './evaluate/memo.js'
import { withoutDroppedNames } from './evaluate/names.js'
import { observingSelectors } from './evaluate/observed-resets.js'
import { prepare } from './evaluate/prepare.js'
import { evaluateRange } from './evaluate/ranges.js'
import { SelectorReader } from './evaluate/reader.js'
import { countSamples, gridValue, instantValue, rangeValue, type Value } from './evaluate/result.js'
import { evaluateSubquery } from './evaluate/subquery.js'
import { type QueryStats, Trace } from './evaluate/trace.js'
import { valueType } from './parse/value-type.js'

export type { QueryTimes } from './evaluate/durations.js'
export type { MatrixSeries, Value, VectorSample } from './evaluate/result.js'

/** Prometheus's default, ms. */
export const DEFAULT_LOOKBACK_MS = 300_000

const DEFAULT_SUBQUERY_STEP_MS = 60_000

/** Few enough that no column of a part takes long, even if it is of histograms. */
const STRETCH_STEPS = 8192

/** Settings of one evaluation. */
export interface QueryOptions {
  /** How long a point stays its series' value. */
  lookbackMs?: number
  /** Step of subqueries that name none. */
  defaultSubqueryStepMs?: number
  limits: Pick<Limits, 'querySamples' | 'queryDepth' | 'queryResultSamples'> & Partial<Pick<Limits, 'querySteps'>>
  /** Steps of a subquery that are evaluated at a time: what it gives does not depend on it. */
  stretchSteps?: number
  /** Left out: as long as it takes. */
  timeoutMs?: number
  signal?: AbortSignal
  /** Samples for each step and the tree of parts are wanted: see QueryStats. */
  stats?: boolean
  /** Tells ms that only grow, for deadlines and turns. */
  now?: () => number
}

/** An answer and what the user should know about it. */
export interface QueryResult {
  value: Value
  /** `PromQL warning: …` and `PromQL info: …`, with the position in the query. */
  warnings: string[]
  infos: string[]
  stats: QueryStats
}

/**
 * Evaluates a query with the semantics of Prometheus 3.14 (delayed name removal and experimental features on).
 * @param text of the query, for positions in annotations
 * @param times stepMs 0: an instant query at startMs, whose value is of the query's own type. Else its steps lie at
 * startMs, startMs + stepMs, … up to endMs, and the value is a matrix
 * @throws TM_QUERY_SYNTAX, TM_QUERY_EXECUTION, TM_QUERY_DEPTH, TM_QUERY_SAMPLES, TM_QUERY_STEPS, TM_QUERY_RESULT,
 * TM_QUERY_TIME, TM_QUERY_CANCELLED, and whatever the source throws
 */
export async function evaluateQuery(
  expr: Expr,
  text: string,
  times: QueryTimes,
  source: SeriesSource,
  options: QueryOptions,
): Promise<QueryResult> {
  const budget = sharedBudget(options)
  const prepared = prepare(expr, times, options.limits.queryDepth)
  const observing = observingSelectors(prepared)
  const reader = new SelectorReader(source, budget)
  return evaluatePrepared({ expr: prepared, observing, original: expr, text, times, source, options, budget, reader })
}

/** The budget of one query, or of some that are evaluated together. */
export function sharedBudget({ limits, timeoutMs, signal, now }: QueryOptions): Budget {
  return new Budget({ querySamples: limits.querySamples, timeoutMs, signal, now: now ?? (() => performance.now()) })
}

/** A prepared query and what it is evaluated with. */
export interface PreparedQuery {
  expr: Expr
  /** Selectors whose histograms are compared with those before them. */
  observing: ReadonlySet<VectorSelector>
  /** As it was written. */
  original: Expr
  text: string
  times: QueryTimes
  source: SeriesSource
  options: QueryOptions
  budget: Budget
  reader: SelectorReader
  /** Of queries that are evaluated together. */
  memo?: Memo
}

/** Evaluates a prepared query: see {@link evaluateQuery}. */
export async function evaluatePrepared(prepared: PreparedQuery): Promise<QueryResult> {
  const { expr, observing, original, text, times, source, options, budget, reader, memo } = prepared
  const now = options.now ?? (() => performance.now())
  const { limits } = options
  const isInstant = times.stepMs === 0
  if (!isInstant) refuseRanges(original)
  const query = gridOf(times)
  const annotations = new Annotations()
  budget.foresee(query.steps)
  const trace = new Trace(options.stats ?? false, query, text, now)
  const shared = {
    source,
    reader,
    budget,
    memo,
    trace,
    annotations,
    query,
    lookbackMs: options.lookbackMs ?? DEFAULT_LOOKBACK_MS,
    defaultSubqueryStepMs: options.defaultSubqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS,
    querySteps: limits.querySteps ?? Number.POSITIVE_INFINITY,
    stretchSteps: options.stretchSteps ?? STRETCH_STEPS,
    fixed: new Map(),
    observing,
  }
  const value = await evaluateTop(expr, isInstant, new Evaluation(shared, query))
  const samples = countSamples(value)
  const limit = limits.queryResultSamples
  if (samples > limit) throw new TidemarkError('TM_QUERY_RESULT', { samples, limit })
  return {
    value,
    warnings: annotations.warnings(text),
    infos: annotations.infos(text),
    stats: { totalSamples: trace.total, peakSamples: budget.peak, samplesPerStep: trace.perStep, plan: trace.plan },
  }
}

async function evaluateTop(expr: Expr, isInstant: boolean, evaluation: Evaluation): Promise<Value> {
  const { grid } = evaluation
  const pace = (samples: number) => evaluation.pace(samples)
  if (expr.type === 'matrix') {
    const range = await evaluateRange(expr, evaluation, {})
    return rangeValue(extendedPoints(range, expr, evaluation))
  }
  if (expr.type === 'subquery') {
    return rangeValue(await evaluateSubquery(expr, evaluation, 'answer'))
  }
  const evaluated = await evaluation.evaluate(expr)
  const named =
    evaluated.type === 'vector'
      ? { ...evaluated, series: await withoutDroppedNames(evaluated.series, pace) }
      : evaluated
  return isInstant ? instantValue(named, grid.startMs) : gridValue(named, grid, pace)
}

/** A range query has one value at each step. */
function refuseRanges(expr: Expr): void {
  const type = valueType(expr)
  if (type === 'vector' || type === 'scalar') return
  const named = type === 'matrix' ? 'range vector' : type
  throw syntaxError(
    expr.span.from,
    `invalid expression type "${named}" for range query, must be Scalar or instant Vector`,
  )
}

function gridOf({ startMs, endMs, stepMs }: QueryTimes): QueryGrid {
  if (stepMs === 0) return { startMs, endMs: startMs, stepMs, steps: 1 }
  return { startMs, endMs, stepMs, steps: Math.max(0, Math.floor((endMs - startMs) / stepMs) + 1) }
}
