import { AlignedRoom } from '../schemas/aligned.js'
import type { AnomalyRule } from '../schemas/config/anomaly.js'
import type { Rollup } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import { DamagedRecord, decodeRecord, type LogRecord } from '../schemas/log/record.js'
import type { LateLedger, LatePoints } from '../schemas/ports/late-ledger.js'
import type { Log, LogBounds, LogCommit, LogEntry, LogReader, LogSubscription } from '../schemas/ports/log.js'
import type { PatternSource } from '../schemas/ports/seasonal-patterns.js'
import type { SpeedProgress } from '../schemas/ports/speed-progress.js'
import type { PartitionStatus } from '../schemas/ports/status.js'
import type { HotStore, LiveView } from '../schemas/ports/window-store.js'
import { packSketches } from '../schemas/sketch/packed.js'
import type { Clock } from '../schemas/time.js'
import { encodeChunks } from '../schemas/windows/chunk.js'
import type { WindowBatch } from '../schemas/windows/columns.js'
import { holdsScores, Scorer } from './anomaly/scorer.js'
import { deferred } from './deferred.js'
import { LiveFeeding } from './live-feeding.js'
import { PartitionState } from './partition-state.js'
import { ProgressNotes } from './progress-notes.js'
import { Rollups } from './rollup.js'
import { untilDone } from './until-done.js'
import { closedBefore, formatCommit, parseCommit, type WatermarkRules } from './watermark.js'

const GROUP = 'speed'

/** What the speed layer works with. */
export interface SpeedOptions {
  log: Log
  hot: HotStore
  live: LiveView
  late: LateLedger
  progress: SpeedProgress
  rollups: readonly Rollup[]
  /** Series that are scored; none if left out. */
  anomaly?: { rules: readonly AnomalyRule[]; maxSeries: number; patterns: PatternSource }
  rules: WatermarkRules
  clock: Clock
  /** Waits between tries of a store that fails; passed in so that tests own time. */
  sleep: (ms: number) => Promise<void>
  onError: (error: TidemarkError) => void
}

/** The running speed layer. */
export interface SpeedLayer {
  /** Puts changed open windows into the live view; to be called every few seconds. */
  flushProvisional(): Promise<void>
  /** Closes the windows of idle partitions and keeps the live view fed; to be called every second or so. */
  followClock(): Promise<void>
  /** Learns of seasonal patterns that were trained since; to be called every 20 s or so. */
  refreshPatterns(): Promise<void>
  /** Up to when the windows of every partition that is read here hold all that came on time, as it was said last, ms. */
  completeMs(): number
  status(): Promise<PartitionStatus[]>
  /** Stops reading; open windows are rebuilt from the log at the next start. */
  close(): Promise<void>
  /** Rejects if reading ends by an error. */
  readonly ended: Promise<void>
}

/** Starts reading tidemark.points from the committed positions on. */
export async function startSpeedLayer(options: SpeedOptions): Promise<SpeedLayer> {
  const reader = new SpeedReader(options)
  const subscription = await options.log.consume('tidemark.points', GROUP, reader)
  reader.subscription.resolve(subscription)
  return {
    flushProvisional: () => reader.flushProvisional(),
    followClock: () => reader.followClock(),
    refreshPatterns: () => reader.refreshPatterns(),
    completeMs: () => reader.completeMs(),
    status: () => reader.status(),
    async close() {
      reader.isClosed = true
      await subscription.close()
    },
    ended: subscription.ended,
  }
}

interface OwnedPartition {
  state: PartitionState
  /** The last piece of work on this partition: work on one partition never overlaps. */
  tail: Promise<void>
  appliedTo: number
  /** What was in the log when the partition was taken: before that is read, less is known than was shown already. */
  replayTo: number
  /** All that was acknowledged before this was applied, ms; 0 while nothing is known. */
  appliedMs: number
}

class SpeedReader implements LogReader {
  readonly subscription = deferred<LogSubscription>()
  isClosed = false
  readonly #options: SpeedOptions
  readonly #rollups: Rollups
  /** Undefined if nothing is scored. */
  readonly #scorer: Scorer | undefined
  readonly #notes: ProgressNotes
  readonly #owned = new Map<number, OwnedPartition>()
  readonly #live: LiveFeeding
  /** A record is applied before the next is decoded. */
  readonly #room = new AlignedRoom()
  /** That the log has, as it said last; 0 before it was asked. */
  #partitions = 0

  constructor(options: SpeedOptions) {
    this.#options = options
    this.#live = new LiveFeeding(options.live, options.onError)
    this.#rollups = new Rollups(options.rollups)
    this.#scorer = scorerOf(options)
    this.#notes = new ProgressNotes({ ...options, visibleAfterMs: options.hot.visibleAfterMs })
  }

  async assign(partition: number, committed: LogCommit | undefined): Promise<number | undefined> {
    const restored = committed ? parseCommit(committed.metadata) : undefined
    // What is read again is counted again.
    const appliedTo = restored?.appliedTo ?? 0
    await this.#untilDone(() => this.#options.late.forget(partition, appliedTo))
    // What is on its way to the catalog must not arrive after it was to be forgotten.
    await this.#notes.drop(partition)
    await this.#untilDone(() => this.#options.progress.forget(partition, appliedTo))
    this.#scorer?.drop(partition)
    if (restored) this.#notes.add(partition, appliedTo, closedBefore(restored.watermarkMs))
    const { rules, clock } = this.#options
    const state = new PartitionState({ partition, rules, rollups: this.#rollups, nowMs: clock(), restored })
    // Without a position that is known, whatever can have been closed by now may have been.
    await this.#live.begin(partition, closedBefore(restored?.watermarkMs ?? clock()))
    this.#owned.set(partition, {
      state,
      tail: Promise.resolve(),
      appliedTo: committed?.offset ?? 0,
      replayTo: await this.#endOf(partition),
      appliedMs: 0,
    })
    return committed?.offset
  }

  async revoke(partition: number): Promise<void> {
    const owned = this.#owned.get(partition)
    this.#owned.delete(partition)
    // Not awaited: a catalog that is down must not hold the handover up.
    void this.#notes.drop(partition)
    await owned?.tail.catch(() => undefined)
    this.#live.end(partition)
    this.#scorer?.drop(partition)
  }

  read(partition: number, entries: LogEntry[]): Promise<void> {
    return this.#inTurn(partition, async (owned) => {
      const late: LatePoints[] = []
      const closed: WindowBatch[] = []
      for (const entry of entries) {
        const record = this.#decode(partition, entry)
        if (record && this.#scorer && holdsScores(record)) owned.state.pass(entry.offset)
        else if (record) {
          const points = owned.state.apply(entry.offset, record, this.#options.clock())
          if (points) late.push(points)
          closed.push(...owned.state.takeClosed())
        }
        owned.appliedTo = entry.offset + 1
        owned.appliedMs = Math.max(owned.appliedMs, entry.appendedMs)
      }
      await this.#flush(partition, owned, closed, late)
    })
  }

  async followClock(): Promise<void> {
    // Not in turn: a partition that another store holds up is fed all the same.
    await this.#live.beat()
    const askedMs = this.#options.clock()
    const bounds = await this.#options.log.bounds('tidemark.points')
    for (const { partition, start, end } of bounds) {
      await this.#inTurn(partition, async (owned) => {
        await this.#resume(partition, owned)
        if (Math.max(owned.appliedTo, start) < end) return
        owned.appliedMs = Math.max(owned.appliedMs, askedMs)
        // As of the question: what was appended since is no reason to be late.
        owned.state.followClock(askedMs)
        await this.#flush(partition, owned, owned.state.takeClosed(), [])
      })
    }
    this.#partitions = bounds.length
    await this.#notes.flush(bounds.length)
  }

  async flushProvisional(): Promise<void> {
    for (const partition of this.#owned.keys()) {
      await this.#inTurn(partition, async (owned) => {
        if (owned.appliedTo < owned.replayTo || !(await this.#resume(partition, owned))) return
        const { state } = owned
        const open = state.takeProvisional()
        if (open.length > 0 && !(await this.#live.show(partition, open))) return state.keepProvisional(open)
        // What was acknowledged by then, and came on time, is in windows that are shown or stored.
        if (owned.appliedMs > 0) this.#notes.shown(partition, owned.appliedMs - this.#options.rules.latenessMs)
      })
    }
    // Rules are judged as soon as they know it.
    if (this.#partitions > 0) await this.#notes.flush(this.#partitions)
  }

  async refreshPatterns(): Promise<void> {
    await this.#scorer?.refreshPatterns()
  }

  completeMs(): number {
    return this.#notes.completeMs()
  }

  /** Feeds the view with a partition again if it was not; it may have lost what is open. @returns whether it is fed now */
  async #resume(partition: number, { state }: OwnedPartition): Promise<boolean> {
    if (this.#live.isFed(partition)) return true
    this.#notes.hidden(partition)
    state.renewProvisional()
    return this.#live.resume(partition)
  }

  /** Offset after the last record that the log holds of a partition; 0 if it holds none. */
  async #endOf(partition: number): Promise<number> {
    let held: LogBounds | undefined
    await this.#untilDone(async () => {
      held = (await this.#options.log.bounds('tidemark.points')).find((one) => one.partition === partition)
    })
    return held && held.start < held.end ? held.end : 0
  }

  async status(): Promise<PartitionStatus[]> {
    const bounds = await this.#options.log.bounds('tidemark.points')
    return bounds.flatMap(({ partition, start, end }) => {
      const owned = this.#owned.get(partition)
      if (!owned) return []
      const { watermarkMs, openWindows, latePoints, closedWindows } = owned.state
      const lagRecords = end - Math.max(start, owned.appliedTo)
      const isFed = this.#live.isFed(partition)
      return { partition, watermarkMs, openWindows, latePoints, closedWindows, lagRecords, isFed }
    })
  }

  /** Stores first, commits then: a crash in between repeats the writes, which are overwrites. */
  async #flush(partition: number, owned: OwnedPartition, closed: WindowBatch[], late: LatePoints[]): Promise<void> {
    if (closed.length > 0 || late.length > 0) await this.#store(partition, owned, closed, late)
    const { watermarkMs } = owned.state
    const throughMs = watermarkMs === undefined ? undefined : closedBefore(watermarkMs)
    this.#notes.add(partition, owned.appliedTo, throughMs)
    if (!this.#live.isFed(partition)) this.#notes.hidden(partition)
  }

  async #store(partition: number, owned: OwnedPartition, closed: WindowBatch[], late: LatePoints[]): Promise<void> {
    const { hot, log, late: ledger } = this.#options
    if (late.length > 0) await this.#untilDone(() => ledger.record(late))
    const scores = await this.#score(closed)
    for (const batch of closed) batch.sketches = packSketches(batch.windows.sketch, batch.windows.length)
    if (closed.length > 0) await this.#untilDone(() => hot.write(closed))
    const { watermarkMs } = owned.state
    // Before the commit: what is committed as closed is not given to the view again after a restart.
    if (watermarkMs !== undefined) await this.#live.show(partition, closed, closedBefore(watermarkMs))
    if (closed.length > 0) {
      const records = closed.flatMap((batch) => encodeChunks(batch).map((value) => ({ partition, value })))
      await this.#untilDone(() => log.append('tidemark.windows', records))
    }
    if (scores) await this.#untilDone(() => log.append('tidemark.points', [{ partition, value: scores }]))
    const position = owned.state.position()
    if (!position) return
    const subscription = await this.subscription.promise
    await this.#untilDone(() =>
      subscription.commit(partition, { offset: position.offset, metadata: formatCommit(position.commit) }),
    )
  }

  /** Adds the windows of their scores to those that closed. @returns the scores as a record for the archive */
  async #score(closed: WindowBatch[]): Promise<Uint8Array | undefined> {
    const scorer = this.#scorer
    if (!scorer || closed.length === 0) return undefined
    await this.#untilDone(() => scorer.prepare(closed))
    return scorer.score(closed, this.#options.clock())
  }

  /** A damaged record is left out; the archive, which reads it too, moves it to the dead letters. */
  #decode(partition: number, entry: LogEntry): LogRecord | undefined {
    try {
      return decodeRecord(entry.value, this.#room)
    } catch (cause) {
      if (!(cause instanceof DamagedRecord)) throw cause
      const details = { topic: 'tidemark.points', partition, offset: entry.offset, reason: cause.message }
      this.#options.onError(new TidemarkError('TM_RECORD_DAMAGED', details, cause))
      return undefined
    }
  }

  /** A store that is down holds the partition up; the log is the buffer. */
  #untilDone(action: () => Promise<void>): Promise<void> {
    const { sleep, onError } = this.#options
    return untilDone(action, { sleep, onError, isWanted: () => !this.isClosed })
  }

  #inTurn(partition: number, work: (owned: OwnedPartition) => Promise<void>): Promise<void> {
    const owned = this.#owned.get(partition)
    if (!owned) return Promise.resolve()
    const turn = owned.tail.then(() => (this.#owned.get(partition) === owned ? work(owned) : undefined))
    // After a failure the state is ahead of what is stored: nothing may follow, or a commit would skip windows.
    owned.tail = turn
    turn.catch(() => undefined)
    return turn
  }
}

function scorerOf({ anomaly, rollups, hot, onError }: SpeedOptions): Scorer | undefined {
  if (!anomaly || anomaly.rules.length === 0) return undefined
  return new Scorer({ ...anomaly, rollups, history: hot, onError })
}
