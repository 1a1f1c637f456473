import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import { type ErrorCode, TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import type { Layout } from '../../schemas/ports/layouts.js'
import type { Log, LogAppend } from '../../schemas/ports/log.js'
import type { IngestStatus } from '../../schemas/ports/status.js'
import type { Clock } from '../../schemas/time.js'
import { MetadataRegistry } from '../identity/metadata.js'
import { SeriesRegistry } from '../identity/registry.js'
import type { IngestRequest, RequestOpener } from '../request.js'
import { Routing } from '../routing/routing.js'
import type { IngestResult } from '../sink.js'
import { Dictionaries } from './dictionaries.js'
import { GatewayRequest, HandleSlots } from './request.js'
import { SpareBatches } from './spare-batches.js'

/** Everything that comes in passes here: identity, limits, batching by partition, and the log before the answer. */
export interface Gateway extends RequestOpener {
  counts(): IngestStatus
  /** What senders said of their metrics since it started. */
  readonly metadata: MetadataRegistry
  /** Points that came in since the last call, by metric. */
  takeTraffic(): ReadonlyMap<string, number>
  /** Spreads points by these layouts from now on; to be called every few seconds with those that there are. */
  follow(layouts: readonly Layout[]): void
  /** Releases series that fell silent; to be called every few minutes. */
  releaseIdle(): void
}

/** What a gateway is made of. */
export interface GatewayOptions {
  log: Pick<Log, 'append'>
  /** How points are spread over the partitions of tidemark.points; at least one. */
  layouts: readonly Layout[]
  limits: Limits
  policies: readonly CardinalityPolicy[]
  clock: Clock
}

export function createGateway({ log, layouts, limits, policies, clock }: GatewayOptions): Gateway {
  const routing = new Routing(layouts, clock())
  const registry = new SeriesRegistry({ limits, routing, policies })
  const metadata = new MetadataRegistry(limits.metricsDescribed)
  const slots = new HandleSlots()
  const spare = new SpareBatches()
  const dictionaries = new Dictionaries()
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
    open: (): IngestRequest =>
      new GatewayRequest({ registry, metadata, limits, slots, spare, dictionaries, nowMs: clock(), append, count }),
    counts: () => ({ accepted, refused, refusedByCode: { ...refusedByCode }, activeSeries: registry.guard.total }),
    metadata,
    takeTraffic: () => registry.takeTraffic(),
    follow: (now) => {
      if (!routing.follow(now, clock())) return
      registry.relocate()
      slots.clear()
    },
    releaseIdle: () => {
      if (registry.releaseIdle(clock()) === 0) return
      slots.clear()
      dictionaries.clear()
    },
  }
}
