import type { LogRecord } from '../schemas/log/record.js'
import { isEvent, isStaleAt, wordsOf } from '../schemas/points.js'
import type { LatePoints } from '../schemas/ports/late-ledger.js'
import { WINDOW_MS, windowStart } from '../schemas/time.js'
import type { WindowBatch } from '../schemas/windows/columns.js'
import { LateCounter } from './late-points.js'
import { OpenWindow } from './open-window.js'
import { PartitionSeries } from './partition-series.js'
import type { Rollups } from './rollup.js'
import type { SamplePoints } from './sample-points.js'
import { closedBefore, idleWatermark, type SpeedCommit, type WatermarkRules, watermarkAfter } from './watermark.js'

/** Series known beyond those in open windows before the table is cleared out. */
const SPARE_SERIES = 50_000

/**
 * The window state of one partition: pure memory, no I/O. Records go in, closed windows come out; what happened is a
 * function of the records (and of the clock only where the partition fell idle).
 */
export class PartitionState {
  watermarkMs: number | undefined
  latePoints = 0
  closedWindows = 0
  readonly #partition: number
  readonly #rules: WatermarkRules
  readonly #rollups: Rollups
  readonly #series = new PartitionSeries()
  readonly #open = new Map<number, OpenWindow>()
  /** Offset after the last record applied. */
  #appliedTo = 0
  /** Records before this offset were applied before a restart: their late points are in the ledger. */
  readonly #replayedTo: number
  #newestMs = Number.NEGATIVE_INFINITY
  /** Of a window that closed: the next will hold about as many points, in the same memory. */
  #spareSamples: SamplePoints | undefined
  #lastRecordMs: number

  /** @param restored what stood with the group's committed position, if anything */
  constructor(options: {
    partition: number
    rules: WatermarkRules
    rollups: Rollups
    nowMs: number
    restored?: SpeedCommit
  }) {
    this.#partition = options.partition
    this.#rules = options.rules
    this.#rollups = options.rollups
    this.#lastRecordMs = options.nowMs
    this.watermarkMs = options.restored?.watermarkMs
    this.#replayedTo = options.restored?.appliedTo ?? 0
    this.#appliedTo = this.#replayedTo
  }

  get openWindows(): number {
    return this.#open.size
  }

  /**
   * Applies one record: its points go into their windows, then the watermark moves.
   * @param nowMs when it is applied, ms; only idleness is measured with it
   * @returns the record's late points, if it had any
   */
  apply(offset: number, record: LogRecord, nowMs: number): LatePoints | undefined {
    this.#lastRecordMs = nowMs
    this.watermarkMs ??= watermarkAfter(undefined, 0, record.receivedMs, this.#rules)
    const isReplay = offset < this.#replayedTo
    const late = this.#addPoints(offset, record)
    if (!isReplay) this.watermarkMs = watermarkAfter(this.watermarkMs, this.#newestMs, record.receivedMs, this.#rules)
    this.#appliedTo = Math.max(this.#appliedTo, offset + 1)
    if (isReplay || late.total === 0) return undefined
    this.latePoints += late.total
    return late.toColumns(this.#partition, offset)
  }

  /** Passes over a record that is no input of this layer. */
  pass(offset: number): void {
    this.#appliedTo = Math.max(this.#appliedTo, offset + 1)
  }

  /** Lets an idle partition follow the clock. */
  followClock(nowMs: number): void {
    this.watermarkMs = idleWatermark(this.watermarkMs, this.#lastRecordMs, nowMs, this.#rules)
  }

  /** Takes out every window that the watermark has passed, oldest first. */
  takeClosed(): WindowBatch[] {
    if (this.watermarkMs === undefined) return []
    const before = closedBefore(this.watermarkMs)
    const closed = [...this.#open.values()].filter((window) => window.startMs < before)
    closed.sort((a, b) => a.startMs - b.startMs)
    const batches = closed.map((window) => this.#toBatch(window, true))
    for (const window of closed) {
      this.#open.delete(window.startMs)
      this.#spareSamples = window.samples.isWellFilled ? window.samples : undefined
      this.#spareSamples?.clear()
    }
    for (const { windows } of batches) this.closedWindows += windows.length
    if (closed.length > 0) this.#clearOutSeries()
    return batches
  }

  /** Open windows that changed since they were last given, as they stand now. */
  takeProvisional(): WindowBatch[] {
    const changed = [...this.#open.values()].filter((window) => window.isChanged)
    return changed.map((window) => {
      window.isChanged = false
      return this.#toBatch(window, false)
    })
  }

  /** Gives these open windows once more at the next call of {@link takeProvisional}. */
  keepProvisional(batches: readonly WindowBatch[]): void {
    for (const { startMs } of batches) {
      const window = this.#open.get(startMs)
      if (window) window.isChanged = true
    }
  }

  /** Gives every open window once more at the next call of {@link takeProvisional}. */
  renewProvisional(): void {
    for (const window of this.#open.values()) window.isChanged = true
  }

  /** What to commit: replay must begin at the earliest record that feeds an open window. */
  position(): { offset: number; commit: SpeedCommit } | undefined {
    if (this.watermarkMs === undefined) return undefined
    const firstOffsets = [...this.#open.values()].map((window) => window.firstOffset)
    return {
      offset: Math.min(this.#appliedTo, ...firstOffsets),
      commit: { watermarkMs: this.watermarkMs, appliedTo: this.#appliedTo },
    }
  }

  #addPoints(offset: number, record: LogRecord): LateCounter {
    const late = new LateCounter()
    const indexes = this.#series.indexesOf(record)
    const series = this.#series.all
    const { pointCount, seriesIndex, timeDelta, value, weight, baseMs } = record
    const holdsEvents = hasEvents(record)
    const words = wordsOf(value)
    const openFrom = closedBefore(this.watermarkMs!)
    let startMs = Number.NaN
    let window: OpenWindow | undefined
    for (let p = 0; p < pointCount; p++) {
      const timeMs = baseMs + timeDelta[p]
      if (timeMs > this.#newestMs) this.#newestMs = timeMs
      const index = indexes[seriesIndex[p]]
      if (!(timeMs > startMs && timeMs <= startMs + WINDOW_MS)) {
        startMs = windowStart(timeMs, WINDOW_MS)
        window = startMs < openFrom ? undefined : this.#windowAt(startMs, offset)
      }
      if (!window) late.add(series[index], startMs)
      else if (holdsEvents && isEvent(series[index].kind))
        window.addEvent(index, series[index], timeMs, value[p], weight ? weight[p] : 1)
      else if (isStaleAt(words, p)) window.samples.addStale(index, timeMs - startMs)
      else window.samples.add(index, timeMs - startMs, value[p])
    }
    return late
  }

  #windowAt(startMs: number, offset: number): OpenWindow {
    let window = this.#open.get(startMs)
    if (!window) {
      window = new OpenWindow(startMs, offset, this.#spareSamples)
      this.#spareSamples = undefined
      this.#open.set(startMs, window)
    }
    window.isChanged = true
    return window
  }

  #toBatch(window: OpenWindow, closed: boolean): WindowBatch {
    const windows = this.#rollups.apply(window.fold(this.#series.all))
    return { partition: this.#partition, startMs: window.startMs, closed, windows }
  }

  /** Series that fell silent are forgotten once they outnumber the others, so that churn cannot fill the memory. */
  #clearOutSeries(): void {
    if (this.#series.size < SPARE_SERIES) return
    const used = new Uint8Array(this.#series.size)
    for (const window of this.#open.values()) window.markSeries(used)
    const active = used.reduce((sum, one) => sum + one, 0)
    if (this.#series.size < SPARE_SERIES + 4 * active) return
    const newIndex = this.#series.keep(used)
    for (const window of this.#open.values()) window.renumber(newIndex, this.#series.size)
  }
}

function hasEvents({ seriesCount, kind }: LogRecord): boolean {
  for (let i = 0; i < seriesCount; i++) if (isEvent(kind(i))) return true
  return false
}
