import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import type { TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import type { Kind } from '../../schemas/points.js'
import { IdTable } from '../../schemas/series/id-table.js'
import { type Label, Series } from '../../schemas/series/series.js'
import { widened } from '../../schemas/widened.js'
import { seriesPartition } from '../routing/partition.js'
import type { Routing } from '../routing/routing.js'
import { CardinalityGuard, type MetricUse } from './cardinality.js'
import { labelFault } from './series-limits.js'

/** A series that saw no point for this long is no longer active, ms. */
const IDLE_MS = 3_600_000

/**
 * Every active series of the gateway, by handle: its identity is resolved here once and nowhere downstream again.
 * Bounded by limits.seriesTotal.
 */
export class SeriesRegistry {
  /** Handles given before a change of this number are void. */
  epoch = 0
  readonly guard: CardinalityGuard
  readonly #limits: Limits
  readonly #routing: Routing
  readonly #partitionByMetric = new Map<string, number>()
  #ids = new IdTable()
  #series: Series[] = []
  #partition: number[] = []
  #use: MetricUse[] = []
  #seenMs: number[] = []
  /** Points since the traffic was last taken. */
  #points = new Float64Array(1024)

  constructor(options: { limits: Limits; routing: Routing; policies?: readonly CardinalityPolicy[] }) {
    this.#limits = options.limits
    this.#routing = options.routing
    this.guard = new CardinalityGuard(options.limits, options.policies ?? [])
  }

  /** How many series have a handle. */
  get size(): number {
    return this.#series.length
  }

  /** The handle of a series, or why it is refused. */
  resolve(metric: string, labels: readonly Label[], kind: Kind): number | TidemarkError {
    const fault = labelFault(metric, labels, this.#limits)
    if (fault) return fault
    const dropped = this.guard.dropped(metric)
    const kept = dropped.length > 0 ? labels.filter(([name]) => !dropped.includes(name)) : labels
    return this.#admit(metric, kept, kind, false)
  }

  series(handle: number): Series {
    return this.#series[handle]
  }

  /** The partition that the series' points go to by the layout that holds now. */
  partition(handle: number): number {
    return this.#partition[handle]
  }

  /** The partition of a point, which is counted. @param timeMs of the point */
  route(handle: number, timeMs: number): number {
    this.#points[handle]++
    const { fromMs, untilMs } = this.#routing
    if (timeMs > fromMs && timeMs <= untilMs) return this.#partition[handle]
    return this.#routing.partitionAt(this.#series[handle], timeMs)
  }

  /** Looks up every series' partition anew: another layout holds now. */
  relocate(): void {
    this.#partitionByMetric.clear()
    this.#partition = this.#series.map((series) => this.#partitionOf(series))
  }

  /** Points by metric since the last call. */
  takeTraffic(): Map<string, number> {
    const traffic = new Map<string, number>()
    for (const [handle, { metric }] of this.#series.entries()) {
      const points = this.#points[handle]
      if (points > 0) traffic.set(metric, (traffic.get(metric) ?? 0) + points)
    }
    this.#points.fill(0)
    return traffic
  }

  /** Notes that a series got points. */
  touch(handle: number, nowMs: number): void {
    this.#seenMs[handle] = nowMs
  }

  /** Releases the series that saw no point for an hour. Handles change if there were any. */
  releaseIdle(nowMs: number): number {
    const active = this.#series.flatMap((_, handle) => (nowMs - this.#seenMs[handle] < IDLE_MS ? [handle] : []))
    const released = this.#series.length - active.length
    if (released === 0) return 0
    const series = active.map((handle) => this.#series[handle])
    this.#partition = active.map((handle) => this.#partition[handle])
    this.#use = active.map((handle) => this.#use[handle])
    this.#seenMs = active.map((handle) => this.#seenMs[handle])
    this.#points = Float64Array.from(
      { length: Math.max(1024, active.length) },
      (_, at) => this.#points[active[at]] ?? 0,
    )
    this.#series = series
    this.#ids = new IdTable(series.length)
    for (const one of series) this.#ids.add(one.idLow, one.idHigh)
    this.guard.recount(series.map((one, handle) => ({ use: this.#use[handle], series: one })))
    this.#partitionByMetric.clear()
    this.epoch++
    return released
  }

  #admit(metric: string, labels: readonly Label[], kind: Kind, isReduced: boolean): number | TidemarkError {
    const series = Series.of(metric, labels, kind)
    const known = this.#ids.find(series.idLow, series.idHigh)
    if (known !== -1) return known
    const verdict = this.guard.judge(metric, labels, series.idLow, isReduced)
    if (verdict !== 'take') {
      if ('refuse' in verdict) return verdict.refuse
      const kept = labels.filter(([name]) => name !== verdict.without)
      return this.#admit(metric, kept, kind, true)
    }
    const handle = this.#ids.add(series.idLow, series.idHigh)
    this.#series[handle] = series
    this.#partition[handle] = this.#partitionOf(series)
    if (handle >= this.#points.length) this.#points = widened(this.#points, this.#points.length * 2)
    this.#use[handle] = this.guard.taken(metric, series)
    this.#seenMs[handle] = 0
    return handle
  }

  #partitionOf({ metric, idLow }: Series): number {
    const { current } = this.#routing
    if (Object.hasOwn(current.splits, metric)) return seriesPartition(metric, idLow, current)
    let partition = this.#partitionByMetric.get(metric)
    if (partition === undefined) {
      partition = seriesPartition(metric, idLow, current)
      this.#partitionByMetric.set(metric, partition)
    }
    return partition
  }
}
