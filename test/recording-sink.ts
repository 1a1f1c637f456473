import type { IngestRequest } from '../ingest/request.js'
import type { IngestResult, Refusal } from '../ingest/sink.js'
import type { TidemarkError } from '../schemas/errors.js'
import { type Kind, kindWord } from '../schemas/points.js'
import type { Label } from '../schemas/series/series.js'

/** A point as a sink received it. */
export interface RecordedPoint {
  position: number
  series: string
  metric: string
  labels: Record<string, string>
  kind: 'sample' | 'event'
  timeMs: number
  value: number
  weight: number
  stale: boolean
}

interface RecordedSeries {
  metric: string
  labels: Record<string, string>
  kind: Kind
  text: string
}

/** A sink that checks nothing and remembers everything, for tests. */
export class RecordingSink implements IngestRequest {
  epoch = 0
  position = 0
  readonly points: RecordedPoint[] = []
  readonly refusals: Refusal[] = []
  /** How often a series was resolved: a decoder's cache keeps this low. */
  resolved = 0
  /** Series of these metrics are refused. */
  readonly refusedMetrics = new Set<string>()
  readonly #series: RecordedSeries[] = []

  series(metric: string, labels: readonly Label[], kind: Kind): number {
    this.resolved++
    if (this.refusedMetrics.has(metric)) return -1
    const sorted = labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1))
    const text = `${metric}{${sorted.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}}`
    this.#series.push({ metric, labels: Object.fromEntries(sorted), kind, text })
    return this.#series.length - 1
  }

  add(handle: number, timeMs: number, value: number, weight: number): void {
    this.#record(handle, timeMs, value, weight, false)
  }

  addStale(handle: number, timeMs: number): void {
    this.#record(handle, timeMs, Number.NaN, 1, true)
  }

  refuse({ code, message, hint }: TidemarkError, text?: string): void {
    this.refusals.push({ position: this.position, code, reason: message, hint, text })
  }

  async commit(): Promise<IngestResult> {
    return { accepted: this.points.length, refusedCount: this.refusals.length, refused: this.refusals }
  }

  /** Each point as one line: `metric{labels} value @time`, a marker as `stale`, for short assertions. */
  lines(): string[] {
    return this.points.map(({ series, value, timeMs, stale }) => `${series} ${stale ? 'stale' : value} @${timeMs}`)
  }

  #record(handle: number, timeMs: number, value: number, weight: number, stale: boolean): void {
    const series = this.#series[handle]
    if (series === undefined) throw new Error(`handle ${handle} was never given out`)
    const { metric, labels, kind, text } = series
    const { position } = this
    this.points.push({ position, series: text, metric, labels, kind: kindWord(kind), timeMs, value, weight, stale })
  }
}
