import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { SeedOutcome } from './run-seed.js'

/**
 * Runs the simulator: `--seeds N` seeds from `--from F` on, or `--seed S` alone, side by side in `--jobs` processes.
 * `--verbose` shows each step of a seed that failed. Prints how to repeat each failing seed; the exit status is 1 if
 * there was one.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    verbose: { type: 'boolean', default: false },
  },
})
const first = wholeNumber('--seed', values.seed ?? values.from)
const count = values.seed === undefined ? wholeNumber('--seeds', values.seeds) : 1
const jobs = Math.min(count, wholeNumber('--jobs', values.jobs))

let next = first
let points = 0
let lives = 0
const passed = new Set<number>()
const failed = new Set<number>()
const startedMs = performance.now()

await Promise.all(Array.from({ length: jobs }, work))
process.stdout.write(`${passed.size} passed, ${failed.size} failed\n`)
process.exitCode = failed.size === 0 && passed.size === count ? 0 : 1

/** One process runs seeds until there are none left. */
async function work(): Promise<void> {
  const child = fork(fileURLToPath(new URL('./seed-process.js', import.meta.url)), {
    execArgv: ['--enable-source-maps'],
  })
  const ended = once(child, 'exit')
  while (next < first + count) {
    const seed = next++
    take(
      (await outcomeOf(child, seed, ended)) ?? { seed, failure: 'its process ended', trace: [], points: 0, lives: 0 },
    )
    if (child.exitCode !== null) break
  }
  if (child.connected) child.disconnect()
  await ended
}

async function outcomeOf(child: ChildProcess, seed: number, ended: Promise<unknown>): Promise<SeedOutcome | undefined> {
  const answered = once(child, 'message') as Promise<[SeedOutcome]>
  child.send(seed)
  const answer = await Promise.race([answered, ended.then(() => undefined)])
  return answer?.[0]
}

function take(outcome: SeedOutcome): void {
  const { seed, failure, trace } = outcome
  points += outcome.points
  lives += outcome.lives
  if (failure === undefined) passed.add(seed)
  else {
    failed.add(seed)
    if (values.verbose) process.stdout.write(`${trace.join('\n')}\n`)
    process.stdout.write(`seed ${seed} failed: ${failure}\n  repeat it with: npm run sim -- --seed ${seed} --verbose\n`)
  }
  const done = passed.size + failed.size
  if (done % 20 !== 0 && done !== count) return
  const seconds = (performance.now() - startedMs) / 1000
  process.stderr.write(
    `${done}/${count} seeds, ${points} points, ${lives} processes, ${(seconds / done).toFixed(2)} s a seed\n`,
  )
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= 0) return number
  process.stderr.write(`${name} takes a whole number, not "${text}"\n`)
  process.exit(2)
}
