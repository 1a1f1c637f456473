import type { QueryOptions } from '../../promql/engine.js'
import { parseExpr } from '../../promql/parse.js'
import { MemorySource } from '../../promql/script/memory-source.js'
import type { PushdownRequest, SeriesSource } from '../../schemas/ports/series-source.js'
import { labelsOf } from '../../serving/merge.js'
import type { MergedView } from '../../serving/source.js'
import type { SentPoint } from '../law/batch-stage.js'
import { caseOf } from './case-of.js'
import { outcomeDifference } from './close-outcomes.js'
import { Measure } from './measure.js'
import { DENSE_METRICS, MERGED_START_MS, mergedPoints } from './merged-points.js'
import { openMergedStage } from './merged-stage.js'
import { type Outcome, outcomeOf } from './outcome.js'
import type { FuzzCase } from './random-case.js'
import { scriptSnippet } from './script-snippet.js'
import { dataSetOf, randomFor } from './seeds.js'
import { countOutcome, emptyTally, type Tally } from './tally.js'

const ROUNDING = 1e-9
/** Twice the relative error of a sketch. */
const SKETCH = 0.0225

/**
 * Queries `from` up to `to` of a seed, all of one data set, over the merged view: what its source computes by itself is
 * what the engine makes of its windows, and where each window is one point, what it makes of the points.
 */
export async function fuzzMerged(
  seed: number,
  from: number,
  to: number,
  onQuery: (query: number) => void,
): Promise<Tally> {
  const points = mergedPoints(randomFor('points', seed, dataSetOf(from)))
  const memory = memoryOf(points)
  const tally = emptyTally()
  const stage = await openMergedStage(points)
  try {
    for (let query = from; query < to; query++) {
      onQuery(query)
      const fuzz = caseOf(seed, query)
      const measure = new Measure()
      const { outcome, failure, isPushed } = await checkMerged(fuzz, stage.merged, memory, measure)
      countOutcome(tally, outcome, fuzz.text, { longestMs: measure.longestMs, turnMs: 0 })
      tally.merged++
      if (isPushed) tally.pushed++
      if (!failure) continue
      tally.failures.push({ query, text: fuzz.text, reason: failure, script: scriptOf(points, fuzz) })
    }
  } finally {
    await stage.close()
  }
  return tally
}

interface MergedVerdict {
  outcome: Outcome
  isPushed: boolean
  failure?: string
}

async function checkMerged(
  { text, times, lookbackMs, querySamples }: FuzzCase,
  merged: MergedView,
  memory: MemorySource,
  measure: Measure,
): Promise<MergedVerdict> {
  const expr = parseExpr(text)
  const options: QueryOptions = { lookbackMs, limits: { querySamples, queryDepth: 200, queryResultSamples: 1_000_000 } }
  const pushing = watched(await merged.open())
  const outcome = await measure.of(() => outcomeOf(expr, text, times, pushing.source, options))
  const isPushed = pushing.wasAsked()
  const verdict = (law: string, difference: string | undefined) =>
    difference && { outcome, isPushed, failure: `${law}: ${difference}` }
  const tolerance = /quantile|:p99/.test(text) ? SKETCH : ROUNDING
  const plain = await merged.open()
  const inEngine = await outcomeOf(expr, text, times, { select: (...asked) => plain.select(...asked) }, options)
  const found = verdict('pushed down against in the engine', outcomeDifference(outcome, inEngine, ROUNDING))
  if (found) return found
  // Between two ranks a sketch and the points may be as far apart as the points are.
  if (tolerance === SKETCH || DENSE_METRICS.some((metric) => text.includes(metric)) || text.includes(':'))
    return { outcome, isPushed }
  const raw = await outcomeOf(expr, text, times, memory, options)
  return (
    verdict('over windows against over points', outcomeDifference(inEngine, raw, tolerance)) || { outcome, isPushed }
  )
}

/** The source itself, and whether it computed a part of the query. */
function watched(query: SeriesSource): { source: SeriesSource; wasAsked(): boolean } {
  let computed = false
  const source: SeriesSource = { select: (...asked) => query.select(...asked) }
  if (query.pushdown) {
    source.pushdown = async (request: PushdownRequest) => {
      const results = await query.pushdown?.(request)
      computed ||= results !== undefined
      return results
    }
  }
  return { source, wasAsked: () => computed }
}

function memoryOf(points: readonly SentPoint[]): MemorySource {
  const memory = new MemorySource()
  for (const { series, timeMs, value, stale } of points)
    memory.append(labelsOf(series), timeMs, stale ? 'stale' : value)
  return memory
}

/** The points of the metrics in question, as if the hour in which they begin were 1970. */
function scriptOf(points: readonly SentPoint[], { text, times }: FuzzCase): string {
  const asked = points.filter(({ series, timeMs }) => text.includes(series.metric) && timeMs <= times.endMs)
  const series = [...new Set(asked.map((point) => point.series))].map((one) => ({
    labels: labelsOf(one),
    points: asked
      .filter((point) => point.series === one)
      .map(({ timeMs, value, stale }) => ({
        timeMs: timeMs - MERGED_START_MS,
        value: stale ? ('stale' as const) : value,
        startMs: 0,
      })),
  }))
  const shifted = { ...times, startMs: times.startMs - MERGED_START_MS, endMs: times.endMs - MERGED_START_MS }
  return scriptSnippet({ unitMs: 500, series }, text, shifted)
}
