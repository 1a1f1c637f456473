import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import type { TimeRange } from '../../schemas/time.js'
import type { PlanPart } from '../plan.js'
import type { PartRead } from '../read.js'
import type { Reading } from '../reading.js'
import { KeptMetric } from './kept-metric.js'
import { readLacking } from './read-lacking.js'
import type { WindowIntake } from './window-intake.js'

/** What may be kept, bytes: metrics that found no room are read anew each time. */
const KEPT_BYTES = 512 << 20

/** A selection of whole metrics, whose windows of 10 s are the range. */
export interface WholeSelection {
  names: readonly string[]
  range: TimeRange
  reading: Reading
  /** Only the newest row of each series is wanted. */
  newest: boolean
  /** Where each window is read. */
  parts: readonly PlanPart[]
  /** What the windows are: see `windowVersions`. */
  versions: ReadonlyMap<number, string>
  /** Reads a stretch of one part into the intake. */
  read(names: readonly string[], stretch: PlanPart, intake: WindowIntake): Promise<PartRead>
}

/** What a selection gave. */
interface WholeAnswer {
  /** Without the metrics whose answer does not follow from windows that were read one by one. */
  series: ReadonlyMap<string, readonly WindowedSeries[]>
  /** What of each part was read, or stood in for it. */
  reads: PartRead[]
}

/**
 * Windows of whole metrics that are selected again and again with a range that moves on: each is read once, and again
 * only if it has become another one. An answer is what reading everything anew would give.
 */
export class KeptWindows {
  readonly #limitBytes: number
  readonly #readings = new Map<string, Map<string, KeptMetric>>()
  #newestMs = Number.NEGATIVE_INFINITY
  #turn: Promise<unknown> = Promise.resolve()

  constructor(limitBytes = KEPT_BYTES) {
    this.#limitBytes = limitBytes
  }

  /** Answers selections, one after the other. @throws what reading throws */
  select(selection: WholeSelection): Promise<WholeAnswer> {
    const turn = this.#turn.then(() => this.#select(selection)).finally(() => this.#keepWithinLimit())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** About what is kept, bytes. */
  get bytes(): number {
    let bytes = 0
    for (const metrics of this.#readings.values()) for (const metric of metrics.values()) bytes += metric.bytes
    return bytes
  }

  async #select(selection: WholeSelection): Promise<WholeAnswer> {
    const { range, parts, newest } = selection
    const metrics = this.#note(selection)
    const reads: PartRead[] = []
    for (const part of parts) reads.push(await readLacking(part, metrics, selection))
    const series = new Map<string, readonly WindowedSeries[]>()
    for (const [name, metric] of metrics) {
      if (metric.hasClash) continue
      // A metric of many series takes some milliseconds.
      await new Promise((resolve) => setImmediate(resolve))
      series.set(name, newest ? metric.newest(range) : metric.rows(range))
    }
    return { series, reads }
  }

  #note({ names, reading, range }: WholeSelection): Map<string, KeptMetric> {
    this.#newestMs = Math.max(this.#newestMs, range.endMs)
    const key = JSON.stringify(reading)
    const kept = this.#readings.get(key) ?? new Map<string, KeptMetric>()
    this.#readings.set(key, kept)
    const metrics = new Map(names.map((name) => [name, kept.get(name) ?? new KeptMetric(reading)]))
    for (const [name, metric] of metrics) {
      metric.note(range, this.#newestMs)
      kept.set(name, metric)
    }
    return metrics
  }

  /** Those that came first stay: who is selected in turns would else always find that it has just gone. */
  #keepWithinLimit(): void {
    for (const [key, metrics] of this.#readings) {
      for (const [name, metric] of metrics) if (!metric.isWantedAt(this.#newestMs)) metrics.delete(name)
      if (metrics.size === 0) this.#readings.delete(key)
    }
    let bytes = this.bytes
    for (const metrics of [...this.#readings.values()].reverse()) {
      for (const [name, metric] of [...metrics].reverse()) {
        if (bytes <= this.#limitBytes) return
        bytes -= metric.bytes
        metrics.delete(name)
      }
    }
  }
}
