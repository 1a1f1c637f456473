import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import { type Label, Series } from '../../schemas/series/series.js'

/** What the guard says of a new series: take it, take it without a label, or refuse it. */
export type Verdict = { take: Series } | { without: string } | { refuse: TidemarkError }

/** Active series of one metric, and how many values each of its labels has. */
interface MetricUse {
  active: number
  /** Distinct values by label, as seen since the metric was first met. */
  values: Map<string, Set<string>>
}

/** Most values counted a label: enough to name the offender. */
const VALUES_COUNTED = 200_000

/**
 * Keeps the number of active series within its limits. Only new series meet it: those that exist are never hurt.
 */
export class CardinalityGuard {
  readonly #limits: Limits
  readonly #policies: Map<string, CardinalityPolicy>
  readonly #uses = new Map<string, MetricUse>()
  #total = 0

  constructor(limits: Limits, policies: readonly CardinalityPolicy[]) {
    this.#limits = limits
    this.#policies = new Map(policies.map((policy) => [policy.metric, policy]))
  }

  /** Active series of all metrics. */
  get total(): number {
    return this.#total
  }

  /** Labels that are always dropped from a metric's series. */
  dropped(metric: string): readonly string[] {
    return this.#policy(metric)?.drop ?? []
  }

  /**
   * Judges a new series without counting it; call {@link taken} once it is stored.
   * @param isReduced true if it already lost a label by an earlier verdict: such series get as much room again
   */
  judge(series: Series, isReduced: boolean): Verdict {
    const { metric } = series
    if (this.#total >= this.#limits.seriesTotal) {
      return { refuse: new TidemarkError('TM_CARDINALITY_TOTAL', { active: this.#total, limit: this.#limits.seriesTotal }) }
    }
    const policy = this.#policy(metric)
    const limit = policy?.limit ?? this.#limits.seriesPerMetric
    const active = this.#uses.get(metric)?.active ?? 0
    if (active < (isReduced ? 2 * limit : limit)) return { take: series }
    const widest = this.#widestLabel(metric, series.labels)
    if (policy?.over === 'drop_label' && widest) return { without: widest.name }
    if (policy?.over === 'sample' && series.idLow % policy.keep_one_of === 0) return { take: series }
    return {
      refuse: new TidemarkError('TM_CARDINALITY_METRIC', { metric, active, limit, label: widest?.name ?? '', values: widest?.values ?? 0 }),
    }
  }

  /** Counts a series that was stored. */
  taken(series: Series): void {
    this.#total++
    const use = this.#uses.get(series.metric) ?? { active: 0, values: new Map() }
    this.#uses.set(series.metric, use)
    use.active++
    for (const [name, value] of series.labels) {
      const values = use.values.get(name) ?? new Set()
      use.values.set(name, values)
      if (values.size < VALUES_COUNTED) values.add(value)
    }
  }

  /** Starts counting anew with the series that are still active. */
  recount(active: Iterable<Series>): void {
    this.#uses.clear()
    this.#total = 0
    for (const series of active) this.taken(series)
  }

  #policy(metric: string): CardinalityPolicy | undefined {
    return this.#policies.get(metric) ?? this.#policies.get('*')
  }

  #widestLabel(metric: string, labels: readonly Label[]): { name: string; values: number } | undefined {
    const values = this.#uses.get(metric)?.values
    let widest: { name: string; values: number } | undefined
    for (const [name] of labels) {
      const distinct = values?.get(name)?.size ?? 0
      if (!widest || distinct > widest.values) widest = { name, values: distinct }
    }
    return widest
  }
}
