import { setTimeout } from 'node:timers/promises'

/** Waits; resolves early, and does not reject, when the signal is aborted. Passed in so that tests own the time. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** The real one. */
export const realSleep: Sleep = async (ms, signal) => {
  try {
    await setTimeout(Math.max(0, ms), undefined, { signal })
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}
