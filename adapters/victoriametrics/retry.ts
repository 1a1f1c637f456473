import { asTidemarkError } from '../../schemas/errors.js'

/** Waits between tries, ms. */
export const WRITE_WAITS_MS = [100, 300, 1000, 3000]
export const READ_WAITS_MS = [100, 400]

/** Tries again after each wait while the error is one that passes; @throws the last one. */
export async function retried<T>(
  action: () => Promise<T>,
  waitsMs: readonly number[],
  sleep: (ms: number) => Promise<void>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await action()
    } catch (thrown) {
      if (tries === waitsMs.length || !asTidemarkError(thrown).retriable) throw thrown
      await sleep(waitsMs[tries])
    }
  }
}
