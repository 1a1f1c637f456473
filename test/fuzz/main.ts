import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { fuzzDecoders } from './decoders/fuzz-decoders.js'
import { fuzzQueries } from './fuzz-queries.js'

/**
 * `--queries N` random queries, or `--decoders N` random and mutated inputs to each decoder (or to `--only` one), of
 * `--seed S`, `--from F` on, in `--jobs` processes. The exit status is 1 if one broke a law.
 */
const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '10000' },
    decoders: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
  },
})
const seed = wholeNumber('--seed', values.seed)
const from = wholeNumber('--from', values.from)
const jobs = wholeNumber('--jobs', values.jobs)
const isGood =
  values.decoders === undefined
    ? await fuzzQueries({ seed, from, jobs, count: wholeNumber('--queries', values.queries) })
    : await fuzzDecoders({ seed, from, jobs, count: wholeNumber('--decoders', values.decoders), only: values.only })
process.exitCode = isGood ? 0 : 1

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= 0) return number
  process.stderr.write(`${name} takes a whole number, not "${text}"\n`)
  process.exit(2)
}
