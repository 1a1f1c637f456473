import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  type Metric,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'
import { within } from '../within.js'
import type { Collector, Reading, RoleMetrics } from './collector.js'

/** A part that takes longer than this to tell has no values at this scrape, ms. */
const READ_MS = 2000

const OPENMETRICS = 'application/openmetrics-text'

/** A family as another process of ours has it. */
export type ForeignFamily = MetricObjectWithValues<MetricValue<string>>

/** A page of metrics. */
export interface MetricsPage {
  contentType: string
  body: string
}

/** Everything that this process tells of itself, for Prometheus and for Tidemark. */
export class ProcessMetrics {
  readonly #text = new Registry()
  readonly #openMetrics = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>()
  readonly #collectors: { collector: Collector; metrics: Map<string, Counter | Gauge> }[] = []
  readonly #foreign: { read: () => Promise<ForeignFamily[]>; metrics: Map<string, ForeignMetric> }[] = []
  readonly #success: Gauge

  constructor({ version, roles }: { version: string; roles: readonly string[] }) {
    this.#openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    collectDefaultMetrics({ register: this.#text })
    const facts = {
      name: 'tidemark_build_info',
      help: 'Version of this process, and each role that it plays; always 1.',
    }
    const build = new Gauge({ ...facts, labelNames: ['version', 'role'], registers: [this.#text] })
    for (const role of roles) build.set({ version, role }, 1)
    this.#success = new Gauge({
      name: 'tidemark_collector_success',
      help: 'Whether a part of the process could be asked for its metrics at this scrape.',
      labelNames: ['collector'],
      registers: [this.#text],
    })
    for (const metric of this.#text.getMetricsAsArray()) this.#showInOpenMetrics(metric as unknown as Metric)
  }

  /** Adds what a role has to show. */
  add({ collectors, histograms = [] }: RoleMetrics): void {
    for (const collector of collectors) {
      const metrics = Object.entries(collector.families).map(([name, { type, help, labels = [] }]) => {
        const options = { name, help, labelNames: [...labels], registers: [] }
        const metric = type === 'counter' ? new Counter(options) : new Gauge(options)
        this.#register(metric)
        return [name, metric] as const
      })
      this.#collectors.push({ collector, metrics: new Map(metrics) })
    }
    for (const histogram of histograms) this.#register(histogram)
  }

  /** Adds the families of another process, which are read at each scrape. */
  addForeign(read: () => Promise<ForeignFamily[]>): void {
    this.#foreign.push({ read, metrics: new Map() })
  }

  /** The page, in the format that is wanted. @param accept header of the request */
  async page(accept = ''): Promise<MetricsPage> {
    await Promise.all([
      ...this.#collectors.map(({ collector, metrics }) => this.#read(collector, metrics)),
      ...this.#foreign.map(({ read, metrics }) => this.#readForeign(read, metrics)),
    ])
    const registry = accept.includes(OPENMETRICS) ? this.#openMetrics : this.#text
    return { contentType: registry.contentType, body: await registry.metrics() }
  }

  async #read(collector: Collector, metrics: ReadonlyMap<string, Counter | Gauge>): Promise<void> {
    const read = await within(READ_MS, collector.read()).catch(() => undefined)
    this.#success.set({ collector: collector.name }, read ? 1 : 0)
    for (const [name, metric] of metrics) {
      metric.reset()
      const value = read?.[name]
      // Without labels a metric that was reset stands at 0, which would be a claim.
      if (value === undefined) metric.remove()
      else for (const reading of readingsOf(value)) put(metric, reading)
    }
  }

  async #readForeign(read: () => Promise<ForeignFamily[]>, metrics: Map<string, ForeignMetric>): Promise<void> {
    const families = await within(READ_MS, read()).catch(() => [])
    for (const metric of metrics.values()) metric.values = []
    for (const family of families) {
      let metric = metrics.get(family.name)
      if (!metric) {
        metric = new ForeignMetric(family)
        metrics.set(family.name, metric)
        this.#register(metric as unknown as Metric)
      }
      metric.values = family.values
    }
  }

  #register(metric: Metric): void {
    this.#text.registerMetric(metric)
    this.#showInOpenMetrics(metric)
  }

  /** A page of OpenMetrics renames counters for good, so it gets each metric behind a name of its own. */
  #showInOpenMetrics(metric: Metric): void {
    const { name } = metric as unknown as { name: string }
    const view = Object.create(metric, { name: { value: name, writable: true } })
    this.#openMetrics.registerMetric(view)
  }
}

/** A family that is kept elsewhere, as it stood when it was read last. */
class ForeignMetric {
  readonly help: string
  readonly type: unknown
  name: string
  values: ForeignFamily['values'] = []

  constructor({ name, help, type }: ForeignFamily) {
    this.name = name
    this.help = help
    this.type = type
  }

  async get() {
    return { name: this.name, help: this.help, type: this.type, values: this.values }
  }
}

function readingsOf(value: number | readonly Reading[]): readonly Reading[] {
  return typeof value === 'number' ? [{ value }] : value
}

function put(metric: Counter | Gauge, { labels = {}, value }: Reading): void {
  if (metric instanceof Counter) metric.inc(labels, value)
  else metric.set(labels, value)
}
