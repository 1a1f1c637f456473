import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** CPU and wall-clock time between two moments of a process. */
export interface Spent {
  wallSeconds: number
  /** User and system. */
  cpuSeconds: number
}

/** A meter of this process: what was spent since the last call. */
export function startMeter(): () => Spent {
  let wall = performance.now()
  let cpu = process.cpuUsage()
  return () => {
    const spent = process.cpuUsage(cpu)
    const now = performance.now()
    const wallSeconds = (now - wall) / 1000
    cpu = process.cpuUsage()
    wall = now
    return { wallSeconds, cpuSeconds: (spent.user + spent.system) / 1e6 }
  }
}

/** A process of its own for what is measured, so that making the input costs it nothing. It answers each request once. */
export class MeasuredProcess {
  readonly #child: ChildProcess

  /** @param script a module of this folder, such as `ingest-server.js` */
  constructor(script: string, options: { profileFolder?: string } = {}) {
    const { profileFolder } = options
    const execArgv = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : []
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), {
      // As cli/tidemark.sh starts the program.
      execArgv: ['--enable-source-maps', '--max-semi-space-size=64', ...execArgv],
    })
  }

  /** Sends a request and resolves to its answer. @throws if the process ends instead */
  async ask<Answer>(request: object): Promise<Answer> {
    const gone = new AbortController()
    const answer = once(this.#child, 'message', { signal: gone.signal })
    const exit = once(this.#child, 'exit', { signal: gone.signal }).then(([code]) => {
      throw new Error(`the measured process ended with status ${code}`)
    })
    this.#child.send(request)
    try {
      const [message] = await Promise.race([answer, exit])
      return message as Answer
    } finally {
      gone.abort()
      await Promise.allSettled([answer, exit])
    }
  }

  /** Asks it to end, and waits until it has. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.disconnect()
    await exit
  }
}

/** The other side of {@link MeasuredProcess}: answers requests until the parent goes away. */
export function answerRequests<Request>(
  answer: (request: Request) => Promise<object>,
  close: () => Promise<void>,
): void {
  process.on('message', async (request: Request) => {
    process.send?.(await answer(request))
  })
  process.once('disconnect', async () => {
    await close()
    process.exit()
  })
}
