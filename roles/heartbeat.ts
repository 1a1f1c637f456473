import { type HeartbeatLimits, reasonsForSilence, sendHeartbeat } from '../alerting/heartbeat.js'
import { archiveStatus, blocksStatus } from '../batch/status.js'
import { parseDuration } from '../schemas/config/duration.js'
import { targetRules } from '../schemas/net/check-target.js'
import { guardedFetch } from '../schemas/net/guarded-fetch.js'
import type { RoleContext } from './context.js'
import type { Readiness } from './readiness.js'
import { repeat } from './repeat.js'

/** Sends the heartbeat, if one is wanted, as long as the pipeline moves. */
export function startHeartbeat(context: RoleContext, readiness: Pick<Readiness, 'now'>): void {
  const { config, logger, closing, onError } = context
  const { url, interval, tide_line_age, archive_lag } = config.heartbeat
  if (url === '') return
  const limits = { tideLineAgeMs: parseDuration(tide_line_age), archiveLagMs: parseDuration(archive_lag) }
  const fetch = guardedFetch(targetRules('webhook', config.outbound.allow))
  let wasSilent = false
  const turn = async () => {
    const reasons = await silence(context, readiness, limits)
    // Told once: a receiver that hears nothing tells the rest.
    if (reasons.length > 0 && !wasSilent) logger.warn({ reasons }, 'no heartbeat is sent: the pipeline stands still')
    if (reasons.length === 0 && wasSilent) logger.info({}, 'the pipeline moves again, and so does the heartbeat')
    wasSilent = reasons.length > 0
    if (!wasSilent) await sendHeartbeat(url, fetch)
  }
  closing.add('the heartbeat', repeat(parseDuration(interval), turn, onError))
}

async function silence(
  { stores, clock }: RoleContext,
  readiness: Pick<Readiness, 'now'>,
  limits: HeartbeatLimits,
): Promise<string[]> {
  const { reasons: notReady } = await readiness.now()
  if (notReady.length > 0) return [...notReady]
  const { catalog } = await stores.catalog()
  const [archive, blocks] = await Promise.all([
    archiveStatus(catalog, await stores.log(), clock),
    blocksStatus(catalog, clock),
  ])
  const tideLineAgeMs = clock() - blocks.frontierMs
  const divergence = blocks.unexplainedDivergence
  return reasonsForSilence({ notReady, tideLineAgeMs, archiveLagMs: archive.lagMs, divergence }, limits)
}
