import { caseOf } from './case-of.js'
import { checkCase, type Verdict } from './check-case.js'
import { type DataSet, sourceOf } from './data-set.js'
import { Measure } from './measure.js'
import type { FuzzCase } from './random-case.js'
import { randomDataSet } from './random-data-set.js'
import { scriptSnippet } from './script-snippet.js'
import { dataSetOf, randomFor } from './seeds.js'
import { shrink } from './shrink.js'
import { countOutcome, emptyTally, type Failure, type Tally } from './tally.js'

/** Processor time that a query may take in one turn, ms: longer, and pings and ingest wait for it. */
const TURN_LIMIT_MS = 50
/** A turn counts as long if it is each time: the collector's pauses are nobody's fault. */
const TURN_ATTEMPTS = 4

/** Queries `from` up to `to` of a seed, all of one data set, over points in memory. */
export async function fuzzMemory(
  seed: number,
  from: number,
  to: number,
  onQuery: (query: number) => void,
): Promise<Tally> {
  const points = randomDataSet(randomFor('points', seed, dataSetOf(from)))
  const source = sourceOf(points)
  const tally = emptyTally()
  for (let query = from; query < to; query++) {
    onQuery(query)
    const fuzz = caseOf(seed, query)
    const check = async (asked: FuzzCase, measure: Measure, over = source): Promise<Verdict> =>
      checkCase(asked, over, randomFor('check', seed, query), measure)
    const measure = new Measure()
    const { outcome, failure } = await check(fuzz, measure)
    measure.turnMs = await steadyTurn(measure.turnMs, (again) => check(fuzz, again))
    countOutcome(tally, outcome, fuzz.text, measure)
    if (failure) {
      const stillFails = async (candidate: { points: DataSet; fuzz: FuzzCase }) =>
        (await check(candidate.fuzz, new Measure(), sourceOf(candidate.points))).failure !== undefined
      const smallest = await shrink({ points, fuzz: { ...fuzz, isCanonical: false } }, stillFails)
      tally.failures.push(failed(query, fuzz, failure, scriptSnippet(smallest.points, smallest.fuzz.text, fuzz.times)))
    } else if (measure.turnMs > TURN_LIMIT_MS) {
      const reason = `it keeps the process to itself for ${Math.round(measure.turnMs)} ms`
      tally.failures.push(failed(query, fuzz, reason, scriptSnippet(points, fuzz.text, fuzz.times)))
    }
    // Others of this process, such as its parent's messages, have a turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return tally
}

async function steadyTurn(turnMs: number, again: (measure: Measure) => Promise<unknown>): Promise<number> {
  let least = turnMs
  for (let attempt = 1; attempt < TURN_ATTEMPTS && least > TURN_LIMIT_MS; attempt++) {
    const measure = new Measure()
    await again(measure)
    least = Math.min(least, measure.turnMs)
  }
  return least
}

function failed(query: number, { text }: FuzzCase, reason: string, script: string): Failure {
  return { query, text, reason, script }
}
