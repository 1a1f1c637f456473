import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'

/** Waits between tries: the first, and the longest, ms. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5000

/** How something is tried again. */
export interface Trying {
  sleep: (ms: number) => Promise<void>
  /** Told of each failure that is followed by another try. */
  onError: (error: TidemarkError) => void
  /** Once it says no, nothing is tried again. */
  isWanted: () => boolean
}

/** Does something until it succeeds. @throws what trying again cannot mend, and the last failure once it is not wanted any more */
export async function untilDone(action: () => Promise<void>, { sleep, onError, isWanted }: Trying): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await action()
    } catch (thrown) {
      const error = asTidemarkError(thrown)
      if (!error.retriable || !isWanted()) throw thrown
      onError(error)
      await sleep(waitMs)
    }
  }
}
