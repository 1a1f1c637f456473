import { TidemarkError } from '../../schemas/errors.js'
import type { Label } from '../../schemas/series/series.js'
import type { CumulativeHistograms } from '../histogram/cumulative.js'
import type { PointSink } from '../sink.js'
import { addPoint } from './add-points.js'
import {
  BadPointError,
  type DataPoint,
  type MetricHeader,
  type PointAttributes,
  type ScopeHeader,
  Temporality,
} from './data-point.js'
import type { FamilyCache } from './family-cache.js'
import { pointLabels, targetInfoLabels } from './labels.js'
import { metricName } from './names.js'
import type { OtlpOptions } from './options.js'
import { addTargetInfo } from './target-info.js'

/** Characters of a reason; names in it may be of any length. */
const MAX_REASON = 400

const NO_SCOPE: ScopeHeader = { name: '', version: '', schemaUrl: '', attributes: [] }

/**
 * What an OTLP request says, told to a sink. The readers of both encodings call it in the order of the request:
 * resource, scope, metric, points, and the end of the resource. Whatever is wrong above the points (a resource that
 * cannot be read, a metric without temporality) refuses each of the points below, so that all are counted.
 */
export class Translator {
  readonly #sink: PointSink
  readonly #options: OtlpOptions
  readonly #families: FamilyCache
  readonly #states: CumulativeHistograms
  readonly #optionsKey: string
  #resource: Label[] = []
  #resourceKey = ''
  #scope = NO_SCOPE
  #scopeKey = ''
  #metric!: MetricHeader
  #name = ''
  #context = 0
  #resourceFault: string | undefined
  #scopeFault: string | undefined
  #metricFault: string | undefined
  #earliestMs = Infinity
  #latestMs = -Infinity

  constructor(sink: PointSink, options: OtlpOptions, families: FamilyCache, states: CumulativeHistograms) {
    this.#sink = sink
    this.#options = options
    this.#families = families
    this.#states = states
    const { names, promoteResourceAttributes, scopeLabels } = options
    this.#optionsKey = JSON.stringify([names, promoteResourceAttributes, scopeLabels])
  }

  /** @param read gives the resource's attributes; may throw BadPointError */
  startResource(read: () => Label[]): void {
    this.#resource = []
    this.#resourceFault = faultOf(() => {
      this.#resource = read()
    })
    this.#resourceKey = JSON.stringify(this.#resource)
    this.#earliestMs = Infinity
    this.#latestMs = -Infinity
  }

  /** @param read gives the scope; may throw BadPointError */
  startScope(read: () => ScopeHeader): void {
    this.#scope = NO_SCOPE
    this.#scopeFault = faultOf(() => {
      this.#scope = read()
    })
    this.#scopeKey = this.#options.scopeLabels ? JSON.stringify(this.#scope) : ''
  }

  /** @param fault what the reader found wrong with the metric, in words */
  startMetric(metric: MetricHeader, fault?: string): void {
    this.#metric = metric
    this.#name = ''
    this.#metricFault = this.#resourceFault ?? this.#scopeFault ?? fault
    this.#metricFault ??= faultOf(() => {
      this.#name = this.#translatedName(metric)
    })
    const { type, temporality } = metric
    if (hasTemporality(metric) && temporality !== Temporality.Delta && temporality !== Temporality.Cumulative) {
      this.#metricFault ??= `the aggregation temporality is ${temporality}, it must be 1 (delta) or 2 (cumulative)`
    }
    if (this.#metricFault === undefined && metric.type !== 'exponential') this.#describe(metric)
    const metricKey = JSON.stringify([this.#name, type, temporality])
    this.#context = this.#families.context(this.#optionsKey + this.#resourceKey + this.#scopeKey + metricKey)
  }

  point(point: DataPoint, attributes: PointAttributes): void {
    this.#sink.position++
    const fault = this.#metricFault ?? point.fault ?? faultOf(() => this.#add(point, attributes))
    if (fault !== undefined) this.#refuse(this.#metric.name === '' ? fault : `${this.#metric.name}: ${fault}`)
  }

  /** A data point of which not even the outline could be read. */
  refusePoint(reason: string): void {
    this.#sink.position++
    this.#refuse(reason)
  }

  endResource(): void {
    if (this.#latestMs === -Infinity || this.#resourceFault !== undefined) return
    const fault = faultOf(() => {
      const labels = targetInfoLabels(this.#resource, this.#options)
      if (labels) addTargetInfo(this.#sink, labels, this.#earliestMs, this.#latestMs, this.#options.nowMs)
    })
    if (fault !== undefined) this.#refuse(`target_info: ${fault}`)
  }

  #describe({ type, isMonotonic, description: help, unit }: MetricHeader): void {
    const word = type === 'sum' ? (isMonotonic ? 'counter' : 'gauge') : type
    this.#sink.describe?.(this.#name, { type: word, help, unit })
  }

  #refuse(reason: string): void {
    this.#sink.refuse(new TidemarkError('TM_POINT_SYNTAX', { reason: reason.slice(0, MAX_REASON) }))
  }

  #add(point: DataPoint, attributes: PointAttributes): void {
    if (point.timeMs === 0) point.timeMs = this.#options.nowMs
    const family = this.#families.family(this.#context, this.#name, attributes, () =>
      pointLabels(attributes.read(), this.#resource, this.#scope, this.#options),
    )
    const isDelta = hasTemporality(this.#metric) && this.#metric.temporality === Temporality.Delta
    addPoint[this.#metric.type](point, { sink: this.#sink, family, isDelta, states: this.#states })
    this.#earliestMs = Math.min(this.#earliestMs, point.timeMs)
    this.#latestMs = Math.max(this.#latestMs, point.timeMs)
  }

  #translatedName(metric: MetricHeader): string {
    if (metric.name === '') throw new BadPointError('the metric has no name')
    return this.#options.names === 'keep' ? metric.name : metricName(metric)
  }
}

function hasTemporality({ type }: MetricHeader): boolean {
  return type !== 'gauge' && type !== 'summary'
}

/** Runs; what is thrown about the input is returned in words. */
function faultOf(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof BadPointError) return error.message
    throw error
  }
}
