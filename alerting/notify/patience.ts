/** The patience is spent in so many parts. */
const PARTS = 10

/** A signal that is given after a while, unless it is let go before. */
export interface Patience {
  signal: AbortSignal
  /** It is not needed any more. */
  end(): void
}

/**
 * Gives up after so long, as far as this process ran: after it was halted, or was too busy to read, there is still time to
 * find an answer that came meanwhile. A timer alone would be looked at before it.
 */
export function patience(ms: number): Patience {
  const controller = new AbortController()
  let left = PARTS
  const timer = setInterval(() => {
    if (--left > 0) return
    clearInterval(timer)
    controller.abort(new Error('no answer in time'))
  }, ms / PARTS)
  return { signal: controller.signal, end: () => clearInterval(timer) }
}
