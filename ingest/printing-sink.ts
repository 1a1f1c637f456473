import type { TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import { type Kind, kindWord } from '../schemas/points.js'
import { type Label, Series } from '../schemas/series/series.js'
import { labelFault } from './identity/series-limits.js'
import { timeFault } from './identity/time-limits.js'
import type { PointSink } from './sink.js'

/** One point as `tidemark decode` prints it. */
export interface PrintedPoint {
  metric: string
  labels: Record<string, string>
  kind: 'sample' | 'event'
  /** ms since the epoch. */
  timestamp: number
  /** A number, or `NaN`, `+Inf`, `-Inf`, `stale`, which JSON has no number for. */
  value: number | string
  /** Only where it is not 1. */
  weight?: number
}

/** Where a printing sink prints to, and what it refuses. */
export interface PrintingSinkOptions {
  limits: Limits
  nowMs: number
  print: (point: PrintedPoint) => void
  printRefusal: (position: number, error: TidemarkError, text?: string) => void
}

/** A sink that hands every point on as an object, under the gateway's rules: for people who look, not for the pipeline. */
export class PrintingSink implements PointSink {
  readonly epoch = 0
  position = 1
  readonly #series: Series[] = []
  readonly #options: PrintingSinkOptions

  constructor(options: PrintingSinkOptions) {
    this.#options = options
  }

  series(metric: string, labels: readonly Label[], kind: Kind): number {
    const fault = labelFault(metric, labels, this.#options.limits)
    if (!fault) return this.#series.push(Series.of(metric, labels, kind)) - 1
    this.refuse(fault)
    return -1
  }

  add(handle: number, timeMs: number, value: number, weight: number): void {
    this.#printPoint(handle, timeMs, Number.isFinite(value) ? value : wordOf(value), weight)
  }

  addStale(handle: number, timeMs: number): void {
    this.#printPoint(handle, timeMs, 'stale', 1)
  }

  refuse(error: TidemarkError, text?: string): void {
    this.#options.printRefusal(this.position, error, text)
  }

  #printPoint(handle: number, timestamp: number, value: number | string, weight: number): void {
    const fault = timeFault(timestamp, this.#options.nowMs, this.#options.limits)
    if (fault) {
      this.refuse(fault)
      return
    }
    const { metric, labels, kind } = this.#series[handle]
    const point: PrintedPoint = { metric, labels: Object.fromEntries(labels), kind: kindWord(kind), timestamp, value }
    if (weight !== 1) point.weight = weight
    this.#options.print(point)
  }
}

function wordOf(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
