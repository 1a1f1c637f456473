import { expect, test } from 'vitest'
import { runScript } from '../../promql/script/run-script.js'
import { fuzzMemory } from './fuzz-memory.js'
import { fuzzMerged } from './fuzz-merged.js'
import { randomDataSet } from './random-data-set.js'
import { failureText } from './report.js'
import { scriptSnippet } from './script-snippet.js'
import { randomFor } from './seeds.js'
import type { Tally } from './tally.js'

const SEED = 1
/** The first data set behind the merged view begins here. */
const MERGED_FROM = 1000
const nobody = () => undefined

function expectNoFailure({ failures }: Tally): void {
  expect(failures.map((failure) => failureText(SEED, failure))).toEqual([])
}

test('random queries print, end, repeat and agree with themselves at each step', async () => {
  const tally = await fuzzMemory(SEED, 0, 250, nobody)
  expectNoFailure(tally)
  expect(tally.queries).toBe(250)
  expect(tally.answered).toBeGreaterThan(80)
})

test('random queries over windows give what the points give, and what is pushed down gives the same', async () => {
  const tally = await fuzzMerged(SEED, MERGED_FROM, MERGED_FROM + 60, nobody)
  expectNoFailure(tally)
  expect(tally.pushed).toBeGreaterThan(0)
}, 180_000)

test('a failure is told as a script that can be loaded', async () => {
  for (let number = 0; number < 5; number++) {
    const points = randomDataSet(randomFor('points', SEED, number))
    const query = 'count({__name__=~".+"})'
    const cases = []
    for await (const one of runScript(scriptSnippet(points, query, { startMs: 0, endMs: 0, stepMs: 0 })))
      cases.push(one)
    expect(cases).toMatchObject([{ line: expect.any(Number), query }])
    expect(cases[0].failure).toBeUndefined()
  }
})
