import { TidemarkError } from '../schemas/errors.js'
import type { Fetch } from '../schemas/net/guarded-fetch.js'

/** A receiver that takes longer has not taken it, ms. */
const SEND_MS = 10_000

/** How the pipeline stands. */
export interface PipelineMoves {
  /** Why the process cannot do its work; empty while it can. */
  notReady: readonly string[]
  tideLineAgeMs: number
  archiveLagMs: number
  /** Windows whose two views differ without an explanation. */
  divergence: number
}

/** What is taken for standing still, ms. */
export interface HeartbeatLimits {
  tideLineAgeMs: number
  archiveLagMs: number
}

/** Why no heartbeat is sent; empty while the pipeline really moves. */
export function reasonsForSilence(moves: PipelineMoves, limits: HeartbeatLimits): string[] {
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`
  const { notReady, tideLineAgeMs, archiveLagMs, divergence } = moves
  return [
    ...notReady,
    ...(tideLineAgeMs > limits.tideLineAgeMs
      ? [`the tide line is ${seconds(tideLineAgeMs)} old, the limit is ${seconds(limits.tideLineAgeMs)}`]
      : []),
    ...(archiveLagMs > limits.archiveLagMs
      ? [`the archive is ${seconds(archiveLagMs)} behind, the limit is ${seconds(limits.archiveLagMs)}`]
      : []),
    ...(divergence > 0 ? [`${divergence} windows differ between the two views without an explanation`] : []),
  ]
}

/**
 * Asks the address of a dead man's switch.
 * @throws TM_HEARTBEAT (retriable); it names the host alone, for the rest of such an address is a secret
 */
export async function sendHeartbeat(url: string, fetch: Fetch): Promise<void> {
  const { host } = new URL(url)
  const headers = { 'user-agent': 'tidemark' }
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(SEND_MS) }).catch((thrown: Error) => {
    const { message } = (thrown.cause as Error | undefined) ?? thrown
    throw new TidemarkError('TM_HEARTBEAT', { host, reason: message }, thrown)
  })
  await answer.body?.cancel()
  if (answer.ok) return
  throw new TidemarkError('TM_HEARTBEAT', { host, reason: `it answered with HTTP status ${answer.status}` })
}
