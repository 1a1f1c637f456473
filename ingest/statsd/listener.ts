import { TidemarkError } from '../../schemas/errors.js'
import { type Clock, WINDOW_MS } from '../../schemas/time.js'
import type { RequestOpener } from '../request.js'
import type { Commits } from './commits.js'
import type { StatsdDecoder } from './decoder.js'

/** What a StatsD listener works with. */
export interface ListenerSettings {
  host: string
  /** 0 for any free port. */
  port: number
  /** One for UDP and TCP, so that gauges and sets have one state. */
  decoder: StatsdDecoder
  requests: RequestOpener
  clock: Clock
  /** Told of what no sender is waiting to hear: failed commits and socket errors. */
  onFailure: (error: TidemarkError) => void
}

/** How often a listener looks whether sets are due, ms. */
const FLUSH_CHECK_MS = 1000

/** Commits the counts of sets when their window ends. @returns stops it, committing the counts of the open window */
export function startSetFlush(settings: ListenerSettings, commits: Commits): () => void {
  const { decoder, requests, clock } = settings
  const flush = (nowMs: number) => {
    if (!decoder.isFlushDue(nowMs)) return
    const request = requests.open()
    decoder.flush(nowMs, request)
    void commits.commit(request)
  }
  const timer = setInterval(() => flush(clock()), FLUSH_CHECK_MS)
  return () => {
    clearInterval(timer)
    flush(clock() + WINDOW_MS)
  }
}

/** Why a listener could not start: TM_PORT_TAKEN, or TM_CONFIG for an address that cannot be used. */
export function listenError(cause: NodeJS.ErrnoException, host: string, port: number): TidemarkError {
  if (cause.code === 'EADDRINUSE') {
    return new TidemarkError('TM_PORT_TAKEN', { host, port: String(port), key: 'statsd.port' }, cause)
  }
  const fix = 'name an address of this machine in statsd.host and a port that may be opened in statsd.port'
  return new TidemarkError('TM_CONFIG', { key: 'statsd.host', reason: cause.message, fix }, cause)
}
