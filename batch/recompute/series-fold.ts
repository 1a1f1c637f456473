import { addEvent, addSample, mergeWindow } from '../../schemas/aggregates/index.js'
import { addReadings } from '../../schemas/aggregates/readings.js'
import { compareValues, Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { alignDown, TIER_MS, type Tier, windowStart } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'

/** Windows are folded without their series, of which no more matters than whether it has events. */
export const READING = Series.of('reading', {}, Kind.Sample)
const OCCURRENCE = Series.of('occurrence', {}, Kind.EventCounter)

/** Points that came in another order than that of time. */
export class OutOfOrder extends Error {}

/**
 * The windows of one series after the other, from its points in order of time: at 10 s by the aggregates that the speed
 * layer folds with, at each coarser tier by merging.
 */
export class SeriesFold {
  readonly #tiers: readonly Tier[]
  /** By tier. */
  readonly #windows: readonly WindowColumns[]
  #series = READING
  #row = -1
  #startMs = Number.NaN
  /** The last reading, until it is known that no other of the same time takes its place. */
  #heldMs = Number.NEGATIVE_INFINITY
  #heldValue = Number.NaN
  #heldStale = false
  #holds = false

  /** @param tiers finest first, the first being 10s */
  constructor(tiers: readonly Tier[]) {
    this.#tiers = tiers
    this.#windows = tiers.map(() => new WindowColumns())
  }

  /** Begins another series. */
  begin(isEvent: boolean): void {
    this.#windows[0].clear()
    this.#series = isEvent ? OCCURRENCE : READING
    this.#row = -1
    this.#startMs = Number.NaN
    this.#heldMs = Number.NEGATIVE_INFINITY
    this.#holds = false
  }

  /** Adds a reading. Of several at one time the largest counts. @throws OutOfOrder */
  addSample(timeMs: number, value: number, stale: boolean): void {
    if (timeMs === this.#heldMs) {
      if (compareValues(value, stale, this.#heldValue, this.#heldStale) < 0) return
    } else {
      if (timeMs < this.#heldMs) throw new OutOfOrder()
      this.#settle()
    }
    this.#heldMs = timeMs
    this.#heldValue = value
    this.#heldStale = stale
    this.#holds = true
  }

  /** Adds readings from..to-1, none of them a marker; runs in one window are folded at once. @throws OutOfOrder */
  addReadings(timeMs: Float64Array, value: Float64Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (!(timeMs[at] > this.#heldMs) || !Number.isFinite(value[at])) {
        this.addSample(timeMs[at], value[at], false)
        at++
        continue
      }
      this.#settle()
      const row = this.#rowAt(timeMs[at])
      const windowEndMs = this.#startMs + TIER_MS['10s']
      let end = at + 1
      while (end < to && timeMs[end] > timeMs[end - 1] && timeMs[end] <= windowEndMs && Number.isFinite(value[end]))
        end++
      // The last one is held: another of its time may come and be larger.
      addReadings(this.#windows[0], row, timeMs, value, at, end - 1)
      this.#heldMs = timeMs[end - 1]
      this.#heldValue = value[end - 1]
      this.#heldStale = false
      this.#holds = true
      at = end
    }
  }

  /** Adds an occurrence. @throws OutOfOrder */
  addEvent(timeMs: number, value: number, weight: number): void {
    if (timeMs < this.#heldMs) throw new OutOfOrder()
    this.#heldMs = timeMs
    const row = this.#rowAt(timeMs)
    addEvent(this.#windows[0], row, timeMs, value, weight)
  }

  /** The series' windows by tier. Valid until the next series begins. */
  finish(): readonly WindowColumns[] {
    this.#settle()
    this.#holds = false
    this.#windows[0].settle()
    return this.merge(this.#windows[0])
  }

  /** The windows of all tiers, from those of the finest. Valid until the next series begins. */
  merge(finest: WindowColumns): readonly WindowColumns[] {
    const merged = [finest]
    for (let t = 1; t < this.#tiers.length; t++) {
      this.#windows[t].clear()
      mergeInto(this.#windows[t], merged[t - 1], this.#tiers[t])
      merged.push(this.#windows[t])
    }
    return merged
  }

  #settle(): void {
    if (!this.#holds) return
    const row = this.#rowAt(this.#heldMs)
    addSample(this.#windows[0], row, this.#heldMs, this.#heldValue, this.#heldStale)
  }

  #rowAt(timeMs: number): number {
    if (!(timeMs > this.#startMs && timeMs <= this.#startMs + TIER_MS['10s'])) {
      this.#startMs = windowStart(timeMs, TIER_MS['10s'])
      this.#row = this.#windows[0].push(this.#series, this.#startMs)
    }
    return this.#row
  }
}

/** Merges the windows of one series, in order of time, to those of a coarser tier. */
export function mergeInto(coarse: WindowColumns, fine: WindowColumns, tier: Tier): void {
  let row = coarse.length - 1
  for (let from = 0; from < fine.length; from++) {
    const startMs = alignDown(fine.start[from], TIER_MS[tier])
    if (row === -1 || coarse.start[row] !== startMs) row = coarse.push(fine.series[from], startMs)
    mergeWindow(coarse, row, fine, from)
  }
  coarse.settle()
}
