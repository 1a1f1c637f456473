import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'

/** What is repeated. */
interface Repeated {
  /** Does it now instead of later; if it is being done, once more right after. */
  now(): void
  /** Stops it and waits for a run in hand. */
  stop(): Promise<void>
}

/** The time between two runs, ms; a function is asked after each run. */
type Every = number | (() => number)

/**
 * Does `work` every `everyMs`, one at a time: a run that takes longer puts the next one off. An error is reported and
 * the next run comes all the same.
 * @returns a function that stops it and waits for a run in hand
 */
export function repeat(
  everyMs: Every,
  work: () => unknown,
  onError: (error: TidemarkError) => void,
): () => Promise<void> {
  return repeatOrNow(everyMs, work, onError).stop
}

/** As {@link repeat}, for work that need not wait for its time if there is a reason. */
export function repeatOrNow(everyMs: Every, work: () => unknown, onError: (error: TidemarkError) => void): Repeated {
  const nextMs = () => (typeof everyMs === 'number' ? everyMs : everyMs())
  let isStopped = false
  let isRunning = false
  let isWanted = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    isRunning = true
    try {
      await work()
    } catch (thrown) {
      if (!isStopped) onError(asTidemarkError(thrown))
    }
    isRunning = false
    schedule(isWanted ? 0 : nextMs())
  }

  function schedule(afterMs: number): void {
    if (isStopped) return
    isWanted = false
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = run()
    }, afterMs)
  }

  schedule(nextMs())
  return {
    now() {
      if (isRunning) isWanted = true
      else schedule(0)
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
