import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'

/**
 * Does `work` every `everyMs`, one at a time: a run that takes longer puts the next one off. An error is reported and
 * the next run comes all the same.
 * @returns a function that stops it and waits for a run in hand
 */
export function repeat(
  everyMs: number,
  work: () => unknown,
  onError: (error: TidemarkError) => void,
): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      if (!stopped) onError(asTidemarkError(thrown))
    }
    schedule()
  }

  function schedule(): void {
    if (stopped) return
    timer = setTimeout(() => {
      running = run()
    }, everyMs)
  }

  schedule()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
