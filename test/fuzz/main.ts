import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { caseOf } from './case-of.js'
import { failureText, tallyTable } from './report.js'
import { dataSetOf, QUERIES_A_DATA_SET } from './seeds.js'
import { addTally, emptyTally } from './tally.js'
import { Worker } from './worker.js'

/**
 * Asks `--queries N` random queries of `--seed S` of random points, `--from F` on, in `--jobs` processes. Prints what
 * came of them, and each query that broke a law with its points; the exit status is 1 if there was one.
 */
const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
  },
})
const seed = wholeNumber('--seed', values.seed)
const from = wholeNumber('--from', values.from)
const end = from + wholeNumber('--queries', values.queries)
const PROGRESS_MS = 2000
const SHOWN_FAILURES = 10

let tally = emptyTally()
let next = from
let begun = 0
const startedMs = performance.now()
const progress = setInterval(showProgress, PROGRESS_MS)
await Promise.all(Array.from({ length: wholeNumber('--jobs', values.jobs) }, work))
clearInterval(progress)
showProgress()

const failures = [...tally.failures].sort((a, b) => a.query - b.query)
for (const failure of failures.slice(0, SHOWN_FAILURES)) process.stdout.write(`${failureText(seed, failure)}\n\n`)
if (failures.length > SHOWN_FAILURES) process.stdout.write(`and ${failures.length - SHOWN_FAILURES} more\n\n`)
process.stdout.write(`${tallyTable(tally, secondsSoFar())}\n${tally.queries} queries, ${failures.length} failed\n`)
process.exitCode = failures.length === 0 && tally.queries === end - from ? 0 : 1

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
      const { text } = caseOf(seed, ended.brokenAt)
      const failure = { query: ended.brokenAt, text, reason: ended.reason, script: '' }
      tally = addTally(tally, { ...emptyTally(), queries: ended.brokenAt + 1 - first, failures: [failure] })
      first = ended.isOver ? last : ended.brokenAt + 1
    }
  }
  worker.close()
}

function secondsSoFar(): number {
  return (performance.now() - startedMs) / 1000
}

function showProgress(): void {
  const rate = Math.round(begun / secondsSoFar())
  process.stderr.write(`${begun}/${end - from} queries, ${rate} a second, ${tally.failures.length} failed\n`)
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= 0) return number
  process.stderr.write(`${name} takes a whole number, not "${text}"\n`)
  process.exit(2)
}
