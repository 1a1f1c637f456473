import { parseArgs } from 'node:util'
import { runSeed, type SeedOutcome } from './run-seed.js'
import { openStage } from './stage.js'

/**
 * Runs the simulator: `--seeds N` seeds from `--from F` on, or `--seed S` alone. `--verbose` shows each step of a seed
 * that failed. Prints how to repeat each failing seed; the exit status is 1 if there was one.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
})
const first = wholeNumber('--seed', values.seed ?? values.from)
const count = values.seed === undefined ? wholeNumber('--seeds', values.seeds) : 1

const stage = await openStage()
const outcomes: SeedOutcome[] = []
const startedMs = performance.now()
try {
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await runSeed(stage, seed)
    outcomes.push(outcome)
    if (outcome.failure !== undefined) report(outcome)
    showProgress()
  }
} finally {
  await stage.close()
}
const failed = outcomes.filter(({ failure }) => failure !== undefined).length
process.stdout.write(`${outcomes.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function report({ seed, failure, trace }: SeedOutcome): void {
  if (values.verbose) process.stdout.write(`${trace.join('\n')}\n`)
  process.stdout.write(`seed ${seed} failed: ${failure}\n  repeat it with: npm run sim -- --seed ${seed} --verbose\n`)
}

function showProgress(): void {
  const done = outcomes.length
  if (done % 20 !== 0 && done !== count) return
  const seconds = (performance.now() - startedMs) / 1000
  const sum = (of: (outcome: SeedOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const what = `${sum(({ points }) => points)} points, ${sum(({ lives }) => lives)} processes`
  process.stderr.write(`${done}/${count} seeds, ${what}, ${(seconds / done).toFixed(2)} s a seed\n`)
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0) return number
  process.stderr.write(`${name} takes a whole number, not "${text}"\n`)
  process.exit(2)
}
