import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import { type ErrorCode, TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import type { Log, LogAppend } from '../../schemas/ports/log.js'
import type { IngestStatus } from '../../schemas/ports/status.js'
import type { Clock } from '../../schemas/time.js'
import { MetadataRegistry } from '../identity/metadata.js'
import { SeriesRegistry } from '../identity/registry.js'
import type { IngestRequest, RequestOpener } from '../request.js'
import type { IngestResult } from '../sink.js'
import { GatewayRequest, HandleSlots } from './request.js'

/** Everything that comes in passes here: identity, limits, batching by partition, and the log before the answer. */
export interface Gateway extends RequestOpener {
  counts(): IngestStatus
  /** What senders said of their metrics since it started. */
  readonly metadata: MetadataRegistry
  /** Releases series that fell silent; to be called every few minutes. */
  releaseIdle(): void
}

/** What a gateway is made of. */
export interface GatewayOptions {
  log: Log
  /** Partitions of the topic tidemark.points. */
  partitions: number
  limits: Limits
  policies: readonly CardinalityPolicy[]
  clock: Clock
}

export function createGateway({ log, partitions, limits, policies, clock }: GatewayOptions): Gateway {
  const registry = new SeriesRegistry({ limits, partitions, policies })
  const metadata = new MetadataRegistry(limits.metricsDescribed)
  const slots = new HandleSlots()
  const refusedByCode: Record<string, number> = {}
  let accepted = 0
  let refused = 0
  let waitingBytes = 0

  async function append(records: LogAppend[]): Promise<void> {
    const bytes = records.reduce((total, { value }) => total + value.length, 0)
    if (waitingBytes > 0 && waitingBytes + bytes > limits.logQueueBytes) {
      throw new TidemarkError('TM_LOG_BACKPRESSURE', { bytes: waitingBytes, limit: limits.logQueueBytes })
    }
    waitingBytes += bytes
    try {
      await log.append('tidemark.points', records)
    } finally {
      waitingBytes -= bytes
    }
  }

  function count(result: IngestResult, byCode: ReadonlyMap<ErrorCode, number>): void {
    accepted += result.accepted
    refused += result.refusedCount
    for (const [code, n] of byCode) refusedByCode[code] = (refusedByCode[code] ?? 0) + n
  }

  return {
    open: (): IngestRequest => new GatewayRequest({ registry, metadata, limits, slots, nowMs: clock(), append, count }),
    counts: () => ({ accepted, refused, refusedByCode: { ...refusedByCode }, activeSeries: registry.guard.total }),
    metadata,
    releaseIdle: () => {
      if (registry.releaseIdle(clock()) > 0) slots.clear()
    },
  }
}
