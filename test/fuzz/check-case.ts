import type { Expr } from '../../promql/ast.js'
import type { QueryOptions, QueryTimes } from '../../promql/engine.js'
import { parseExpr } from '../../promql/parse.js'
import { formatExpr } from '../../promql/print/format.js'
import type { SeriesSource } from '../../schemas/ports/series-source.js'
import { chance, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import { checkStops } from './check-stops.js'
import type { Measure } from './measure.js'
import { describeOutcome, endOf, type Outcome, outcomeOf, sameOutcome } from './outcome.js'
import type { FuzzCase } from './random-case.js'
import { stepDifference } from './step-difference.js'

/** What came of a query. */
export interface Verdict {
  /** How the range query, or where that cannot be asked the instant query, ended. */
  outcome: Outcome
  /** Which law is broken, and how. */
  failure?: string
}

/** These tell about the query's own range, so an instant query with them means something else. */
const RANGE_BOUND = /\b(?:start|end|range|step)\s*\(/

/** No query of the fuzz test is worth more, ms. */
const TIMEOUT_MS = 30_000

/**
 * Holds a query against the laws: its text prints and parses to itself, it ends with an answer or with an error about
 * the query, always the same one, and a step of a range query is the instant query at that time.
 */
export async function checkCase(
  fuzz: FuzzCase,
  source: SeriesSource,
  random: Random,
  measure: Measure,
): Promise<Verdict> {
  const { text, times, lookbackMs, querySamples } = fuzz
  let expr: Expr
  try {
    expr = parseExpr(text)
    const failure = printFailure(fuzz, expr)
    if (failure) return { outcome: { type: 'refusal', code: 'unprintable', message: failure }, failure }
  } catch (thrown) {
    return verdict(endOf(thrown))
  }
  const options: QueryOptions = {
    lookbackMs,
    limits: { querySamples, queryDepth: 200, queryResultSamples: 1_000_000 },
    timeoutMs: TIMEOUT_MS,
  }
  const ask = (asked: QueryTimes) => measure.of(() => outcomeOf(expr, text, asked, source, options))
  const range = await ask(times)
  const again = await ask(times)
  if (!sameOutcome(range, again)) return { outcome: range, failure: unlike('asked again', again, range) }
  const stepMs =
    times.startMs + wholeUpTo(random, Math.floor((times.endMs - times.startMs) / times.stepMs)) * times.stepMs
  const atStep = { startMs: stepMs, endMs: stepMs, stepMs: 0 }
  const instant = await ask(atStep)
  const failure =
    crashOf(range) ?? crashOf(instant) ?? (RANGE_BOUND.test(text) ? undefined : stepDifference(range, instant, stepMs))
  if (failure) return { outcome: range, failure: `at ${stepMs / 1000} s: ${failure}` }
  const asked =
    range.type === 'refusal' && range.code === 'TM_QUERY_SYNTAX'
      ? { outcome: instant, times: atStep }
      : { outcome: range, times }
  if (!chance(random, 0.05)) return { outcome: asked.outcome }
  const stopped = (change: Partial<QueryOptions>) =>
    outcomeOf(expr, text, asked.times, source, { ...options, ...change })
  return { outcome: asked.outcome, failure: await checkStops(asked.outcome, options, stopped, random) }
}

function printFailure({ text, isCanonical }: FuzzCase, expr: Expr): string | undefined {
  const printed = formatExpr(expr)
  if (isCanonical && printed !== text) return `it is printed as ${printed}`
  const twice = formatExpr(parseExpr(printed))
  return twice === printed ? undefined : `it is printed as ${printed} and then as ${twice}`
}

function verdict(outcome: Outcome): Verdict {
  return { outcome, failure: crashOf(outcome) }
}

/** A query that is limited to few samples has no excuse to take long. */
function crashOf(outcome: Outcome): string | undefined {
  const isFine = outcome.type === 'answer' || (outcome.type === 'refusal' && outcome.code !== 'TM_QUERY_TIME')
  return isFine ? undefined : describeOutcome(outcome)
}

function unlike(when: string, found: Outcome, wanted: Outcome): string {
  return `${when} it gives ${describeOutcome(found)} instead of ${describeOutcome(wanted)}`
}
