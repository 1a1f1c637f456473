import { TidemarkError } from '../schemas/errors.js'

/**
 * A view that takes more than this share of a query's time is given up, so that the query still answers with what the
 * others know.
 */
const VIEW_SHARE = 0.5

/** Ends a query: its client went away, or its time is up. */
export interface QueryDeadline {
  signal: AbortSignal
  /** What the one who waits for the query is told. */
  limitMs: number
}

/** A deadline of `limitMs` from now, or earlier when the client goes away. */
export function startDeadline(limitMs: number, client?: AbortSignal): QueryDeadline {
  const timeout = AbortSignal.timeout(limitMs)
  return { signal: client ? AbortSignal.any([client, timeout]) : timeout, limitMs }
}

/** @throws TM_QUERY_TIME once the deadline has passed, TM_QUERY_CANCELLED once the client is gone */
export function checkDeadline({ signal, limitMs }: QueryDeadline): void {
  if (!signal.aborted) return
  const isLate = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
  if (isLate) throw new TidemarkError('TM_QUERY_TIME', { limit: limitMs }, signal.reason)
  throw new TidemarkError('TM_QUERY_CANCELLED', {}, signal.reason)
}

/** The promise, unless the deadline comes first. @throws TM_QUERY_TIME, TM_QUERY_CANCELLED */
export async function withinDeadline<T>(work: Promise<T>, deadline: QueryDeadline): Promise<T> {
  try {
    return await orAborted(work, deadline.signal)
  } catch (thrown) {
    checkDeadline(deadline)
    throw thrown
  }
}

/** Ends with the query, or once one view has taken its share of the time. */
export function viewSignal({ signal, limitMs }: QueryDeadline): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(limitMs * VIEW_SHARE))])
}

/** The promise, or the signal's reason as an error as soon as it is aborted. The work behind it is left to itself. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {})
    throw signal.reason
  }
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The chunks of an iterable until the signal is aborted, which ends the iteration of the source too. */
export async function* untilAborted<T>(chunks: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]()
  let ended = false
  try {
    while (true) {
      const { done, value } = await orAborted(iterator.next(), signal)
      if (done) {
        ended = true
        return
      }
      yield value
    }
  } finally {
    // Not awaited: a source that hangs would hold the query, which is to end now.
    if (!ended) iterator.return?.()?.then(undefined, () => {})
  }
}
