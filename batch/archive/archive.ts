import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { LogRecord } from '../../schemas/log/record.js'
import type { Log, LogEntry, LogReader, LogSubscription } from '../../schemas/ports/log.js'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import { type Clock, windowStart } from '../../schemas/time.js'
import type { Catalog } from '../catalog/catalog.js'
import { archivePositions, commitArchiveStep, type RawFile } from '../catalog/progress.js'
import { type SeriesSpan, SPAN_STEP_MS } from '../catalog/series.js'
import type { DuckEngine } from '../duck/engine.js'
import { dayOf } from '../object-day.js'
import { PointBuffer } from './buffer.js'
import { decodeOrBury } from './dead-letters.js'
import { writeBuffer } from './write-buffer.js'

/** Most series whose catalog entry is remembered as being up to date. */
const REMEMBERED_SERIES = 1_000_000

/** Pause before a failed flush of a full buffer is tried again, ms. */
const RETRY_MS = 500

/** What the archive works with. */
export interface ArchiveParts {
  log: Log
  catalog: Catalog
  objects: ObjectStore
  engine: DuckEngine
  clock: Clock
  uniqueId: () => string
  /** Local folder for files on their way; emptied at start. */
  scratch: string
  /** Oldest points wait no longer than this for a flush, ms. */
  flushEveryMs: number
  /** Points held over all partitions before a flush. */
  flushPoints: number
  /** Told about damaged records and of failures that are tried again. */
  onError: (error: TidemarkError) => void
  /** Told how long a flush of one partition took, ms. */
  onFlush?: (ms: number) => void
}

/** Points on their way into the catalog: what comes meanwhile goes into another buffer. */
interface Flush {
  buffer: PointBuffer
  fromOffset: number
  nextOffset: number
  receivedMs: number
  /** A commit failed, and only the catalog knows whether it took place. */
  isTried: boolean
}

interface PartitionState {
  partition: number
  buffer: PointBuffer
  /** Position of the buffer's first record, and position behind the last record taken. */
  from: number | undefined
  next: number
  receivedMs: number
  /** Clock at the first record since the last flush. */
  sinceMs: number | undefined
  flush: Flush | undefined
}

/**
 * Writes every point of the log to the master dataset. Files, position, series and dirty marks become true in one
 * transaction: a crash at any point leaves at most an object that nothing refers to.
 */
export class Archive implements LogReader {
  readonly #parts: ArchiveParts
  readonly #partitions = new Map<number, PartitionState>()
  /** Until when each series' range is in the catalog: `id:step`. */
  readonly #remembered = new Set<string>()
  #subscription: LogSubscription | undefined
  #reopening: Promise<void> | undefined
  #fail: (error: unknown) => void = () => undefined
  /** Rejects when reading ended by an error. */
  readonly ended: Promise<void>
  #timer: NodeJS.Timeout | undefined
  #stopping = false
  #turn: Promise<void> = Promise.resolve()

  constructor(parts: ArchiveParts) {
    this.#parts = parts
    this.ended = new Promise<void>((_, reject) => {
      this.#fail = reject
    })
    this.ended.catch(() => undefined)
    rmSync(parts.scratch, { recursive: true, force: true })
  }

  /** Starts to read in the group `archive`. Throws TM_LOG_UNAVAILABLE. */
  async start(): Promise<void> {
    this.#stopping = false
    await this.#open()
    const tick = Math.max(50, Math.min(1000, this.#parts.flushEveryMs / 4))
    this.#timer = setInterval(() => void this.flushDue(), tick)
    this.#timer.unref()
  }

  /** Flushes and stops reading. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping = true
    try {
      await this.flush()
    } finally {
      await this.#reopening
      await this.#subscription?.close()
      this.#subscription = undefined
    }
  }

  /** Flushes every partition that holds anything. Throws what the catalog or the object store throw. */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      for (const state of [...this.#partitions.values()]) await this.#flushPartition(state)
    })
  }

  /** Flushes the partitions whose oldest points have waited long enough; a failure is told and tried again. */
  async flushDue(): Promise<void> {
    const { clock, flushEveryMs, onError } = this.#parts
    await this.#inTurn(async () => {
      for (const state of [...this.#partitions.values()]) {
        const isDue = state.sinceMs !== undefined && clock() - state.sinceMs >= flushEveryMs
        if (isDue || state.flush) await this.#flushPartition(state)
      }
    }).catch((error: unknown) => onError(asTidemarkError(error)))
  }

  async assign(partition: number): Promise<number | undefined> {
    const position = (await archivePositions(this.#parts.catalog.db)).find((one) => one.partition === partition)
    this.#partitions.set(partition, {
      partition,
      buffer: new PointBuffer(this.#parts.catalog.blockMs),
      from: position?.nextOffset,
      next: position?.nextOffset ?? 0,
      receivedMs: position?.receivedMs ?? Number.NEGATIVE_INFINITY,
      sinceMs: undefined,
      flush: undefined,
    })
    return position?.nextOffset
  }

  async read(partition: number, entries: LogEntry[]): Promise<void> {
    const state = this.#partitions.get(partition)
    if (!state) return
    for (const entry of entries) {
      const record = await decodeOrBury(this.#parts, partition, entry)
      await this.#inTurn(async () => this.#take(state, entry, record))
      // Full: the log waits until the points are away, as long as that takes.
      while (this.#held() >= this.#parts.flushPoints && !this.#stopping && !(await this.#tryFlush()))
        await sleep(RETRY_MS)
    }
  }

  async #tryFlush(): Promise<boolean> {
    try {
      await this.flush()
      return true
    } catch (thrown) {
      const error = asTidemarkError(thrown)
      if (!error.retriable) throw error
      this.#parts.onError(error)
      return false
    }
  }

  async revoke(partition: number): Promise<void> {
    await this.#inTurn(async () => void this.#partitions.delete(partition))
  }

  #take(state: PartitionState, entry: LogEntry, record: LogRecord | undefined): void {
    state.from ??= entry.offset
    state.sinceMs ??= this.#parts.clock()
    if (record) {
      state.buffer.add(record)
      state.receivedMs = Math.max(state.receivedMs, record.receivedMs)
    }
    state.next = entry.offset + 1
  }

  #held(): number {
    let points = 0
    for (const { buffer, flush } of this.#partitions.values()) points += buffer.length + (flush?.buffer.length ?? 0)
    return points
  }

  /** One flush or one record at a time: a flush must not lose points that come while it writes. */
  #inTurn(job: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(job)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #flushPartition(state: PartitionState): Promise<void> {
    try {
      await this.#flushBuffers(state)
    } catch (thrown) {
      if (!(thrown instanceof TidemarkError) || thrown.code !== 'TM_ARCHIVE_OVERTAKEN') throw thrown
      // What is held of the partition is void. It is read anew, if it is still this process's to read.
      this.#partitions.delete(state.partition)
      this.#parts.onError(thrown)
      this.#reopening ??= this.#reopen()
    }
  }

  async #open(): Promise<void> {
    this.#subscription = await this.#parts.log.consume('tidemark.points', 'archive', this)
    this.#subscription.ended.catch((error: unknown) => this.#fail(error))
  }

  /** Gives every partition back and takes them again, each from where the catalog says. */
  async #reopen(): Promise<void> {
    try {
      // The turn that found it out ends first: closing waits for reads, and they wait for their turn.
      await this.#turn
      await this.#subscription?.close()
      if (!this.#stopping) await this.#open()
    } catch (thrown) {
      this.#fail(thrown)
    } finally {
      this.#reopening = undefined
    }
  }

  /** A flush that failed is finished first: its points are the older ones. */
  async #flushBuffers(state: PartitionState): Promise<void> {
    if (state.flush) await this.#finish(state, state.flush)
    if (state.sinceMs === undefined || state.from === undefined) return
    const { buffer, from, next, receivedMs } = state
    const flush = { buffer, fromOffset: from, nextOffset: next, receivedMs, isTried: false }
    state.flush = flush
    state.buffer = new PointBuffer(this.#parts.catalog.blockMs)
    state.from = next
    state.sinceMs = undefined
    await this.#finish(state, flush)
  }

  async #finish(state: PartitionState, flush: Flush): Promise<void> {
    const { catalog, clock, onFlush } = this.#parts
    const { partition } = state
    const startedMs = clock()
    const { buffer, fromOffset, nextOffset, receivedMs } = flush
    const series = this.#unseen(buffer)
    if (!flush.isTried || !(await this.#isArchived(partition, nextOffset))) {
      const files = buffer.length > 0 ? await this.#writeFiles(partition, flush) : []
      const step = { partition, fromOffset, nextOffset, receivedMs, files, series: series.spans, points: buffer.length }
      flush.isTried = true
      await commitArchiveStep(catalog.db, step, clock())
    }
    this.#remember(series.keys)
    state.flush = undefined
    onFlush?.(Math.max(0, clock() - startedMs))
  }

  /** True if the catalog has a flush whose answer was lost. */
  async #isArchived(partition: number, nextOffset: number): Promise<boolean> {
    const positions = await archivePositions(this.#parts.catalog.db)
    return positions.some((position) => position.partition === partition && position.nextOffset === nextOffset)
  }

  async #writeFiles(partition: number, { buffer, fromOffset, nextOffset }: Flush): Promise<RawFile[]> {
    const { engine, objects, catalog, scratch, uniqueId } = this.#parts
    mkdirSync(scratch, { recursive: true })
    const folder = mkdtempSync(join(scratch, 'flush-'))
    try {
      const local = await engine.run((connection) => writeBuffer(connection, buffer, catalog.blockMs, folder))
      const files: RawFile[] = []
      for (const { blockStart, path, points, bytes } of local) {
        const name = `p${partition}-${fromOffset}-${nextOffset}-${uniqueId()}.parquet`
        const key = `raw/${dayOf(blockStart)}/${blockStart}/${name}`
        await objects.put(key, path)
        files.push({ key, blockStart, points, bytes })
      }
      return files
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** The series whose entry in the catalog may lack this buffer's range. */
  #unseen(buffer: PointBuffer): { spans: SeriesSpan[]; keys: string[] } {
    const spans: SeriesSpan[] = []
    const keys: string[] = []
    for (const [place, series] of buffer.series.entries()) {
      const firstMs = buffer.firstMs[place]
      const lastMs = buffer.lastMs[place]
      const steps = `${series.id}:${windowStart(firstMs, SPAN_STEP_MS)}:${windowStart(lastMs, SPAN_STEP_MS)}`
      if (!Number.isFinite(firstMs) || this.#remembered.has(steps)) continue
      keys.push(steps)
      spans.push({ series, firstMs, lastMs })
    }
    return { spans, keys }
  }

  #remember(keys: readonly string[]): void {
    if (this.#remembered.size + keys.length > REMEMBERED_SERIES) this.#remembered.clear()
    for (const key of keys) this.#remembered.add(key)
  }
}
