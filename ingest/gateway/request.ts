import { type ErrorCode, TidemarkError } from '../../schemas/errors.js'
import { type Limits, OLDEST_POINT_MS } from '../../schemas/limits.js'
import type { MetricMetadata } from '../../schemas/metadata.js'
import type { Kind } from '../../schemas/points.js'
import type { LogAppend } from '../../schemas/ports/log.js'
import type { Label } from '../../schemas/series/series.js'
import { widened } from '../../schemas/widened.js'
import type { MetadataRegistry } from '../identity/metadata.js'
import type { SeriesRegistry } from '../identity/registry.js'
import { timeFault } from '../identity/time-limits.js'
import type { IngestRequest } from '../request.js'
import type { IngestResult, Refusal } from '../sink.js'
import type { PartitionBatch } from './batch.js'
import type { Dictionaries } from './dictionaries.js'
import type { SpareBatches } from './spare-batches.js'

/** Characters of refused input that an answer repeats. */
const TEXT_SHOWN = 200

/** What a request shares with all others of its gateway. */
export interface RequestContext {
  registry: SeriesRegistry
  metadata: MetadataRegistry
  limits: Limits
  nowMs: number
  /** For each handle the request that used it last, and its index in that request's batch. */
  slots: HandleSlots
  spare: SpareBatches
  dictionaries: Dictionaries
  /** Stores the records. @throws TM_LOG_BACKPRESSURE, TM_LOG_UNAVAILABLE */
  append(records: LogAppend[]): Promise<void>
  count(result: IngestResult, refusedByCode: ReadonlyMap<ErrorCode, number>): void
}

/** Finds a handle's index in a request's batch without a map: two columns by handle, shared by all requests. */
export class HandleSlots {
  owner = new Float64Array(1024)
  index = new Uint32Array(1024)
  #lastRequest = 0

  nextRequest(): number {
    return ++this.#lastRequest
  }

  /** Forgets every handle: to be called when the registry gives them anew. */
  clear(): void {
    this.owner.fill(0)
  }

  reach(handle: number): void {
    if (handle < this.owner.length) return
    const capacity = Math.max(handle + 1, this.owner.length * 2)
    this.owner = widened(this.owner, capacity)
    this.index = widened(this.index, capacity)
  }
}

/** One request: the sink its decoder fills, and the records it becomes. */
export class GatewayRequest implements IngestRequest {
  position = 1
  readonly #context: RequestContext
  readonly #id: number
  readonly #latestMs: number
  readonly #batches = new Map<number, PartitionBatch>()
  readonly #full: { partition: number; batch: PartitionBatch }[] = []
  readonly #refused: Refusal[] = []
  readonly #refusedByCode = new Map<ErrorCode, number>()
  /** Of the point before: most go where that one went. */
  #lastPartition = -1
  #lastBatch: PartitionBatch | undefined
  /** Index of the series last asked for in the batch that was found for it. */
  #index = 0
  /** Indexes of series in batches of partitions that they had or will have: `partition:handle`. */
  readonly #elsewhere = new Map<string, number>()
  #accepted = 0
  #refusedCount = 0

  constructor(context: RequestContext) {
    this.#context = context
    this.#id = context.slots.nextRequest()
    this.#latestMs = context.nowMs + context.limits.futureMs
  }

  /** Live, not as of the opening: a request may stay open over several datagrams. */
  get epoch(): number {
    return this.#context.registry.epoch
  }

  series(metric: string, labels: readonly Label[], kind: Kind): number {
    const resolved = this.#context.registry.resolve(metric, labels, kind)
    if (typeof resolved === 'number') return resolved
    this.refuse(resolved)
    return -1
  }

  add(handle: number, timeMs: number, value: number, weight: number): void {
    const batch = this.#batchFor(handle, timeMs)
    if (batch) batch.add(this.#index, timeMs, value, weight)
  }

  addStale(handle: number, timeMs: number): void {
    const batch = this.#batchFor(handle, timeMs)
    if (batch) batch.addStale(this.#index, timeMs)
  }

  describe(metric: string, said: Partial<MetricMetadata>): void {
    this.#context.metadata.describe(metric, said)
  }

  refuse(error: TidemarkError, text?: string): void {
    this.#refusedCount++
    this.#refusedByCode.set(error.code, (this.#refusedByCode.get(error.code) ?? 0) + 1)
    if (this.#refused.length >= this.#context.limits.refusalsListed) return
    const { code, message: reason, hint } = error
    this.#refused.push({ position: this.position, code, reason, hint, text: text?.slice(0, TEXT_SHOWN) })
  }

  async commit(): Promise<IngestResult> {
    const result = { accepted: this.#accepted, refusedCount: this.#refusedCount, refused: this.#refused }
    const open = [...this.#batches].map(([partition, batch]) => ({ partition, batch }))
    const batches = [...this.#full, ...open]
    const { nowMs, dictionaries } = this.#context
    const records = batches.map(({ partition, batch }) => ({
      partition,
      value: batch.encode(nowMs, dictionaries),
    }))
    if (records.length > 0) await this.#context.append(records)
    for (const { batch } of batches) this.#context.spare.give(batch)
    this.#batches.clear()
    this.#lastBatch = undefined
    this.#full.length = 0
    this.#context.count(result, this.#refusedByCode)
    return result
  }

  /** The batch that takes a point of this series, whose index in it is `#index`; undefined if the point is refused. */
  #batchFor(handle: number, timeMs: number): PartitionBatch | undefined {
    if (
      timeMs > this.#latestMs ||
      !(timeMs >= OLDEST_POINT_MS) ||
      this.#accepted >= this.#context.limits.pointsPerRequest
    ) {
      this.refuse(this.#fault(timeMs))
      return undefined
    }
    this.#accepted++
    const { slots, registry } = this.#context
    const partition = registry.route(handle, timeMs)
    if (partition !== this.#lastPartition || this.#lastBatch === undefined || this.#lastBatch.isFull) {
      this.#lastBatch = this.#openBatch(partition)
      this.#lastPartition = partition
    }
    const batch = this.#lastBatch
    if (partition !== registry.partition(handle)) {
      this.#index = this.#indexElsewhere(handle, partition, batch)
      return batch
    }
    slots.reach(handle)
    if (slots.owner[handle] !== this.#id) {
      slots.owner[handle] = this.#id
      slots.index[handle] = batch.addSeries(registry.series(handle))
      registry.touch(handle, this.#context.nowMs)
    }
    this.#index = slots.index[handle]
    return batch
  }

  /** The batch of a partition, which has room. */
  #openBatch(partition: number): PartitionBatch {
    const known = this.#batches.get(partition)
    if (known !== undefined && !known.isFull) return known
    if (known !== undefined) {
      this.#full.push({ partition, batch: known })
      // Indexes into it are void.
      this.#forgetSlots(partition)
    }
    const batch = this.#context.spare.take()
    this.#batches.set(partition, batch)
    return batch
  }

  /** Index of a series whose point goes by another layout than the one that holds now. */
  #indexElsewhere(handle: number, partition: number, batch: PartitionBatch): number {
    const key = `${partition}:${handle}`
    let index = this.#elsewhere.get(key)
    if (index === undefined) {
      const { registry, nowMs } = this.#context
      index = batch.addSeries(registry.series(handle))
      this.#elsewhere.set(key, index)
      registry.touch(handle, nowMs)
    }
    return index
  }

  #forgetSlots(partition: number): void {
    const { slots, registry } = this.#context
    for (const key of this.#elsewhere.keys()) if (key.startsWith(`${partition}:`)) this.#elsewhere.delete(key)
    for (let handle = 0; handle < Math.min(registry.size, slots.owner.length); handle++) {
      if (slots.owner[handle] === this.#id && registry.partition(handle) === partition) slots.owner[handle] = 0
    }
  }

  #fault(timeMs: number): TidemarkError {
    const { limits, nowMs } = this.#context
    return timeFault(timeMs, nowMs, limits) ?? new TidemarkError('TM_BATCH_POINTS', { limit: limits.pointsPerRequest })
  }
}
