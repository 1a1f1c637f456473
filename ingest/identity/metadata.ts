import type { MetricMetadata } from '../../schemas/metadata.js'

/** Characters of a help text that are kept. */
const MAX_HELP = 1000

/** The newest metadata of each metric, in memory as Prometheus keeps it: senders repeat it. Bounded: the longest unheard goes first. */
export class MetadataRegistry {
  readonly #byMetric = new Map<string, MetricMetadata>()
  readonly #maxMetrics: number
  readonly #changed = new Set<string>()

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
    const now = { type, help: help.slice(0, MAX_HELP), unit }
    this.#byMetric.set(metric, now)
    if (known?.type !== now.type || known.help !== now.help || known.unit !== now.unit) this.#changed.add(metric)
  }

  /** Takes what changed since the last call, for those who keep it elsewhere. */
  takeChanged(): [metric: string, metadata: MetricMetadata][] {
    const changed = [...this.#changed].flatMap((metric): [string, MetricMetadata][] => {
      const metadata = this.#byMetric.get(metric)
      return metadata ? [[metric, metadata]] : []
    })
    this.#changed.clear()
    return changed
  }

  /** Says once more that these changed: they could not be kept elsewhere. */
  putBack(changed: readonly [metric: string, metadata: MetricMetadata][]): void {
    for (const [metric] of changed) this.#changed.add(metric)
  }

  all(): ReadonlyMap<string, MetricMetadata> {
    return this.#byMetric
  }
}
