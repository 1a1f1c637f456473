import { type Static, Type } from '@sinclair/typebox'
import type { Expr } from '../../promql/ast.js'
import { DEFAULT_LOOKBACK_MS, evaluateQuery, type QueryResult, type QueryTimes } from '../../promql/engine.js'
import type { Value } from '../../promql/evaluate/result.js'
import { parseExpr } from '../../promql/parse.js'
import { checkDeadline } from '../cancel.js'
import type { MergedQuery } from '../merged-query.js'
import type { OpenOptions } from '../source.js'
import type { Views } from '../views.js'
import { parseStep, parseTime } from './parameters.js'

/** Parameters of every question. */
export const QuestionParameters = {
  query: Type.String({ minLength: 1, description: 'a PromQL expression' }),
  timeout: Type.Optional(Type.String({ description: 'give up after this; at most limits.queryMs' })),
  limit: Type.Optional(Type.Integer({ minimum: 0, description: 'most series returned; 0 for all' })),
  lookback_delta: Type.Optional(Type.String({ description: 'how long a point stays the value of its series; 5m' })),
}
const Parameters = Type.Object(QuestionParameters)
type Parameters = Static<typeof Parameters>

/** A question that has been read: what, when, and how far back a point counts. */
export interface Question {
  text: string
  expr: Expr
  times: QueryTimes
  lookbackMs: number
}

/** An answer and how long its evaluation took. */
export type TimedResult = QueryResult & { ms: number }

/** What is asked, but for when. @throws TM_QUERY_SYNTAX, TM_QUERY_DEPTH, TM_QUERY_PARAMETER */
export function readQuestion({ query, lookback_delta }: Parameters, { limits }: Views): Omit<Question, 'times'> {
  const lookbackMs = lookback_delta === undefined ? DEFAULT_LOOKBACK_MS : parseStep('lookback_delta', lookback_delta)
  return { text: query, expr: parseExpr(query, limits.queryDepth), lookbackMs }
}

/** A question of one moment. @param time as it was given; left out: now */
export function instantQuestion(parameters: Parameters & { time?: string }, views: Views): Question {
  const timeMs = parameters.time === undefined ? views.clock() : parseTime('time', parameters.time)
  return { ...readQuestion(parameters, views), times: momentOf(timeMs) }
}

/** One moment as the times of a query. */
export function momentOf(timeMs: number): QueryTimes {
  return { startMs: timeMs, endMs: timeMs, stepMs: 0 }
}

/** How the views are opened for a question. @throws TM_QUERY_PARAMETER */
export function opening({ epoch, timeout }: { epoch?: number; timeout?: string }): OpenOptions {
  return { epoch, timeoutMs: timeout === undefined ? undefined : parseStep('timeout', timeout) }
}

/** Evaluates a question. @param stats whether samples of each step are wanted */
export async function evaluateQuestion(
  { expr, text, times, lookbackMs }: Question,
  query: MergedQuery,
  limits: Views['limits'],
  stats = false,
): Promise<TimedResult> {
  const startedMs = performance.now()
  const options = { lookbackMs, limits, signal: query.deadline.signal, stats }
  const result = await evaluateQuery(expr, text, times, query, options).catch((thrown) => {
    // The deadline knows whether it was the client or the clock that ended the query.
    checkDeadline(query.deadline)
    throw thrown
  })
  return { ...result, ms: performance.now() - startedMs }
}

/** The value, with what the evaluation has to say told to the query, cut at `limit` series (0: not at all). */
export function toldValue({ value, warnings, infos }: QueryResult, query: MergedQuery, limit = 0): Value {
  for (const warning of warnings) query.warnings.add(warning)
  for (const info of infos) query.infos.add(info)
  if (value.type !== 'vector' && value.type !== 'matrix') return value
  const list = value.type === 'vector' ? value.samples : value.series
  if (limit > 0 && list.length > limit) {
    query.warnings.add('results truncated due to limit')
    list.length = limit
  }
  return value
}
