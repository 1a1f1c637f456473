import { TidemarkError } from '../../schemas/errors.js'
import type { Expr } from '../ast.js'
import { evaluateQuery, type QueryOptions, type QueryResult } from '../engine.js'
import { parseExpr } from '../parse.js'
import { atVariants } from './at-variants.js'
import { type ClassicPoint, customBucketHistograms } from './classic-histograms.js'
import type { EvalCommand, LoadCommand, TextPattern } from './command.js'
import { annotationDifference, failureDifference, middleDifference, valueDifference } from './compare.js'
import { MemorySource } from './memory-source.js'
import { parseScript } from './parse-script.js'
import { type QueryFeature, queryFeature, WatchedSource } from './query-feature.js'

/** What came of one command of a script. */
export interface ScriptCase {
  /** Counts from 1. */
  line: number
  /** The query; the reason's subject for a command that cannot be read or loaded. */
  query: string
  /** What the query needs. */
  feature: QueryFeature
  /** `expected …, got …`; left out if it passed. */
  failure?: string
}

/**
 * Prometheus runs its scripts with 10,000 samples held at a time. A grid evaluated as a whole holds more of them at once
 * than one evaluated step by step, so the bound is wider here: it ends what runs wild.
 */
const SAMPLES = 1_000_000

/** The engine as Prometheus's scripts expect it. */
const OPTIONS: QueryOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  limits: { querySamples: SAMPLES, queryDepth: 200, queryResultSamples: SAMPLES },
  timeoutMs: 100_000,
}
const RERUN_STEP_MS = 60_000

/** These tell about the query's own range, so a query with them means something else in another range. */
const RANGE_BOUND = /(?:start|end|range|step)\(\)/

/**
 * Runs a test script of Prometheus (promql/promqltest): one case for each eval, and one for each command that cannot be
 * read or loaded. Each instant eval is run again with `@` at other times and as the middle of a range query.
 */
export async function* runScript(text: string): AsyncIterable<ScriptCase> {
  const source = new MemorySource()
  for (const command of parseScript(text)) {
    if (command.type === 'clear') source.clear()
    else if (command.type === 'unreadable') yield failed(command.line, 'the script', command.reason)
    else if (command.type === 'load') {
      const reason = load(command, source)
      if (reason) yield failed(command.line, 'load', reason)
    } else {
      const watched = new WatchedSource(source)
      const failure = await evalFailure(command, watched)
      yield { line: command.line, query: command.query, feature: queryFeature(command, watched), failure }
    }
  }
}

function failed(line: number, query: string, failure: string): ScriptCase {
  return { line, query, feature: 'core', failure }
}

/** @returns why the points cannot be added */
function load({ stepMs, series, withCustomBuckets }: LoadCommand, source: MemorySource): string | undefined {
  const floats: ClassicPoint[] = []
  try {
    for (const { labels, items, startOffsetMs } of series) {
      items.forEach((item, i) => {
        if (!item) return
        const timeMs = i * stepMs
        const offsetMs = startOffsetMs?.[i]
        const startMs = offsetMs === undefined ? 0 : timeMs + offsetMs
        if ('histogram' in item) source.append(labels, timeMs, item.histogram, startMs)
        else {
          source.append(labels, timeMs, item.stale ? 'stale' : item.value, startMs)
          floats.push({ labels, timeMs, value: item.value })
        }
      })
    }
    if (!withCustomBuckets) return undefined
    for (const { labels, timeMs, histogram } of customBucketHistograms(floats)) source.append(labels, timeMs, histogram)
  } catch (thrown) {
    return `a series cannot be loaded: ${messageOf(thrown)}`
  }
  return undefined
}

/** @returns how the evaluation or one of its repetitions differs from the expectation */
async function evalFailure(command: EvalCommand, source: WatchedSource): Promise<string | undefined> {
  let expr: Expr
  try {
    expr = parseExpr(command.query)
  } catch (thrown) {
    return endedDifference(thrown, command.expected.failure)
  }
  const first = await runFailure(command, expr, command.times, source)
  if (first || command.mode === 'range') return first
  for (const variant of atVariants(expr, command.times.startMs)) {
    const times = { startMs: variant.timeMs, endMs: variant.timeMs, stepMs: 0 }
    const failure = await runFailure(command, variant.expr, times, source)
    if (failure) return `with @ ${command.times.startMs / 1000} at ${variant.timeMs / 1000} s: ${failure}`
  }
  return undefined
}

async function runFailure(
  command: EvalCommand,
  expr: Expr,
  times: EvalCommand['times'],
  source: WatchedSource,
): Promise<string | undefined> {
  const { expected, query } = command
  let answer: QueryResult
  try {
    answer = await evaluateQuery(expr, query, times, source, OPTIONS)
  } catch (thrown) {
    return endedDifference(thrown, expected.failure)
  }
  if (expected.failure) return 'expected a failure, got an answer'
  const difference =
    annotationDifference(answer.warnings, expected.warnings, 'warning') ??
    annotationDifference(answer.infos, expected.infos, 'info') ??
    valueDifference(answer.value, expected, expected.rangeVector ?? times)
  if (difference || command.mode === 'range') return difference
  if (expected.rangeVector || expected.string !== undefined || RANGE_BOUND.test(query)) return undefined
  return inRangeFailure(command, expr, times.startMs, source)
}

/** The middle step of a range query is an instant query. */
async function inRangeFailure(
  { expected, query }: EvalCommand,
  expr: Expr,
  timeMs: number,
  source: WatchedSource,
): Promise<string | undefined> {
  const times = { startMs: timeMs - RERUN_STEP_MS, endMs: timeMs + RERUN_STEP_MS, stepMs: RERUN_STEP_MS }
  try {
    const { value } = await evaluateQuery(expr, query, times, source, OPTIONS)
    const difference = expected.ordered ? undefined : middleDifference(value, expected, timeMs)
    return difference && `in a range query: ${difference}`
  } catch (thrown) {
    return `in a range query: expected an answer, got the failure "${messageOf(thrown)}"`
  }
}

function endedDifference(thrown: unknown, expected: TextPattern | undefined): string | undefined {
  const message = messageOf(thrown)
  return expected ? failureDifference(message, expected) : `expected an answer, got the failure "${message}"`
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof TidemarkError && thrown.code === 'TM_QUERY_SYNTAX') return String(thrown.details.reason)
  return thrown instanceof Error ? thrown.message : String(thrown)
}
