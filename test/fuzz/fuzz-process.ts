import { fuzzMemory } from './fuzz-memory.js'
import { fuzzMerged } from './fuzz-merged.js'
import { dataSetOf, isMerged } from './seeds.js'
import type { Tally } from './tally.js'

/** What the fuzz test asks of one of its processes: queries of one data set. */
export interface Errand {
  seed: number
  from: number
  to: number
}

/** What it is told: the query that is at work, then what came of all, or why the errand could not be done. */
export type Told = { query: number } | { tally: Tally } | { failure: string }

const tell = (told: Told) => process.send?.(told)

process.on('message', async ({ seed, from, to }: Errand) => {
  const fuzz = isMerged(dataSetOf(from)) ? fuzzMerged : fuzzMemory
  try {
    tell({ tally: await fuzz(seed, from, to, (query) => tell({ query })) })
  } catch (thrown) {
    tell({ failure: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })
  }
})
