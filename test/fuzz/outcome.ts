import type { Expr } from '../../promql/ast.js'
import { evaluateQuery, type QueryOptions, type QueryResult, type QueryTimes } from '../../promql/engine.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { SeriesSource } from '../../schemas/ports/series-source.js'

/** How a query ended: with an answer, or with an error of the registry that is about the query. */
export type Outcome =
  | { type: 'answer'; result: QueryResult }
  | { type: 'refusal'; code: string; message: string }
  | { type: 'crash'; thrown: unknown }

/** Evaluates a query; nothing is thrown. */
export async function outcomeOf(
  expr: Expr,
  text: string,
  times: QueryTimes,
  source: SeriesSource,
  options: QueryOptions,
): Promise<Outcome> {
  try {
    return { type: 'answer', result: await evaluateQuery(expr, text, times, source, options) }
  } catch (thrown) {
    return endOf(thrown)
  }
}

/** What was thrown, as an outcome. */
export function endOf(thrown: unknown): Exclude<Outcome, { type: 'answer' }> {
  const isRefusal = thrown instanceof TidemarkError && thrown.code.startsWith('TM_QUERY_')
  return isRefusal ? { type: 'refusal', code: thrown.code, message: thrown.message } : { type: 'crash', thrown }
}

/** Equal to the last digit: -0 is not 0, annotations and their order are the same. The bits of a NaN say nothing. */
export function sameOutcome(a: Outcome, b: Outcome): boolean {
  if (a.type === 'answer') return b.type === 'answer' && answerText(a.result) === answerText(b.result)
  if (a.type === 'refusal') return b.type === 'refusal' && a.message === b.message
  return b.type === 'crash'
}

/** For messages. */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.type === 'refusal') return `${outcome.code} (${outcome.message})`
  if (outcome.type === 'crash') return `a crash: ${crashText(outcome.thrown)}`
  return `an answer: ${shorten(answerText(outcome.result))}`
}

function answerText({ value, warnings, infos }: QueryResult): string {
  return JSON.stringify({ value, warnings, infos }, showNumbers)
}

function crashText(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message).split('\n').slice(0, 6).join('\n') : String(thrown)
}

function shorten(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}

function showNumbers(_: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array)
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return Object.is(value, -0) ? '-0' : String(value)
  return value
}
