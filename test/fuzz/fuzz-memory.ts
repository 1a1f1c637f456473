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
    countOutcome(tally, outcome, fuzz.text, measure)
    if (failure) {
      const stillFails = async (candidate: { points: DataSet; fuzz: FuzzCase }) =>
        (await check(candidate.fuzz, new Measure(), sourceOf(candidate.points))).failure !== undefined
      const smallest = await shrink({ points, fuzz: { ...fuzz, isCanonical: false } }, stillFails)
      tally.failures.push(failed(query, fuzz, failure, scriptSnippet(smallest.points, smallest.fuzz.text, fuzz.times)))
    }
    // Others of this process, such as its parent's messages, have a turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return tally
}

function failed(query: number, { text }: FuzzCase, reason: string, script: string): Failure {
  return { query, text, reason, script }
}
