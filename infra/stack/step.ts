import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A step that takes longer says what it does, first after this, ms; then the longer it takes, the less often. */
const FIRST_REPORT_MS = 2_000
const LONGEST_SILENCE_MS = 15_000
/** Lines of output that are kept to say why a step failed. */
const KEPT_LINES = 15

/** A program that is run to its end. */
export interface Step {
  /** What is being done, such as `building temporal v1.5.1`. */
  title: string
  file: string
  args: string[]
  cwd?: string
  env: NodeJS.ProcessEnv
  log(line: string): void
}

/**
 * Runs a program and reports its last line now and then.
 * @throws Error with its last lines
 */
export async function runStep({ title, file, args, cwd, env, log }: Step): Promise<void> {
  const startedAt = performance.now()
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1000)} s`
  const lines: string[] = []
  let timer: NodeJS.Timeout
  const reportAfter = (ms: number) => {
    timer = setTimeout(() => {
      log(`${title}: ${seconds()}, ${lines.at(-1) ?? 'nothing said yet'}`)
      reportAfter(Math.min(2 * ms, LONGEST_SILENCE_MS))
    }, ms)
  }
  log(title)
  reportAfter(FIRST_REPORT_MS)
  try {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line.trim())
        if (lines.length > KEPT_LINES) lines.shift()
      })
    }
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status, signal) => resolve(status ?? signal ?? 'unknown'))
    })
    if (code !== 0) throw new Error(`${file} ended with ${code}: ${lines.join(' | ')}`)
    log(`${title}: done in ${seconds()}`)
  } finally {
    clearTimeout(timer!)
  }
}
