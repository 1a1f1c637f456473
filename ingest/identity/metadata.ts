import type { MetricMetadata } from '../../schemas/metadata.js'

/** Characters of a help text that are kept. */
const MAX_HELP = 1000

/** The newest metadata of each metric, in memory as Prometheus keeps it: senders repeat it. Bounded: the longest unheard goes first. */
export class MetadataRegistry {
  readonly #byMetric = new Map<string, MetricMetadata>()
  readonly #maxMetrics: number

  constructor(maxMetrics: number) {
    this.#maxMetrics = maxMetrics
  }

  /** Takes over what is said; what is not said stays as it was. */
  describe(metric: string, said: Partial<MetricMetadata>): void {
    const known = this.#byMetric.get(metric)
    const { type = known?.type ?? 'unknown', help = known?.help ?? '', unit = known?.unit ?? '' } = said
    this.#byMetric.delete(metric)
    if (this.#byMetric.size >= this.#maxMetrics) {
      for (const oldest of this.#byMetric.keys()) {
        this.#byMetric.delete(oldest)
        break
      }
    }
    this.#byMetric.set(metric, { type, help: help.slice(0, MAX_HELP), unit })
  }

  all(): ReadonlyMap<string, MetricMetadata> {
    return this.#byMetric
  }
}
