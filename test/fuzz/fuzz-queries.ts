import { caseOf } from './case-of.js'
import { failureText, tallyTable } from './report.js'
import { dataSetOf, QUERIES_A_DATA_SET } from './seeds.js'
import { addTally, emptyTally, type Tally } from './tally.js'
import { Worker } from './worker.js'

/** What is asked for. */
export interface QueriesErrand {
  seed: number
  from: number
  /** How many queries. */
  count: number
  jobs: number
}

const PROGRESS_MS = 2000
const SHOWN_FAILURES = 10

/**
 * Asks random queries of random points, in several processes. Prints what came of them, and each query that broke a law
 * with its points.
 * @returns false if there was one
 */
export async function fuzzQueries({ seed, from, count, jobs }: QueriesErrand): Promise<boolean> {
  const end = from + count
  const startedMs = performance.now()
  const secondsSoFar = () => (performance.now() - startedMs) / 1000
  let tally = emptyTally()
  let next = from
  let begun = 0

  function showProgress(): void {
    const rate = Math.round(begun / secondsSoFar())
    process.stderr.write(`${begun}/${count} queries, ${rate} a second, ${tally.failures.length} failed\n`)
  }

  /** One process asks the queries of one data set after another. */
  async function work(): Promise<void> {
    const worker = new Worker()
    while (next < end) {
      let first = next
      const last = Math.min(end, (dataSetOf(first) + 1) * QUERIES_A_DATA_SET)
      next = last
      while (first < last) {
        const ended = await worker.run({ seed, from: first, to: last }, () => begun++)
        if ('tally' in ended) {
          tally = addTally(tally, ended.tally)
          break
        }
        tally = addTally(tally, brokenTally(seed, first, ended))
        first = ended.isOver ? last : ended.brokenAt + 1
      }
    }
    worker.close()
  }

  const progress = setInterval(showProgress, PROGRESS_MS)
  await Promise.all(Array.from({ length: jobs }, work))
  clearInterval(progress)
  showProgress()
  const failures = [...tally.failures].sort((a, b) => a.query - b.query)
  for (const failure of failures.slice(0, SHOWN_FAILURES)) process.stdout.write(`${failureText(seed, failure)}\n\n`)
  if (failures.length > SHOWN_FAILURES) process.stdout.write(`and ${failures.length - SHOWN_FAILURES} more\n\n`)
  process.stdout.write(`${tallyTable(tally, secondsSoFar())}\n${tally.queries} queries, ${failures.length} failed\n`)
  return failures.length === 0 && tally.queries === count
}

/** The queries up to one that ended its process. */
function brokenTally(seed: number, first: number, { brokenAt, reason }: { brokenAt: number; reason: string }): Tally {
  const failure = { query: brokenAt, text: caseOf(seed, brokenAt).text, reason, script: '' }
  return { ...emptyTally(), queries: brokenAt + 1 - first, failures: [failure] }
}
