import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import { type Label, Series } from '../../schemas/series/series.js'

/** What the guard says of a new series: take it, take it without a label, or refuse it. */
export type Verdict = 'take' | { without: string } | { refuse: TidemarkError }

/** The active series of one metric. */
export interface MetricUse {
  readonly metric: string
  series: Series[]
  /** Distinct values by label, and how many series they were counted over; known once the metric met its limit. */
  widths?: { of: number; values: ReadonlyMap<string, number> }
}

/** Label values are counted anew once a metric has grown by this factor since. */
const RECOUNT_GROWTH = 1.1

/**
 * Keeps the number of active series within its limits. Only new series meet it: those that exist are never hurt.
 * It holds one reference a series; label values are counted only for metrics that reached their limit.
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
   * @param idLow low half of the series' id, by which policies sample
   * @param isReduced true if it already lost a label by an earlier verdict: such series get as much room again
   */
  judge(metric: string, labels: readonly Label[], idLow: number, isReduced: boolean): Verdict {
    if (this.#total >= this.#limits.seriesTotal) {
      return {
        refuse: new TidemarkError('TM_CARDINALITY_TOTAL', { active: this.#total, limit: this.#limits.seriesTotal }),
      }
    }
    const policy = this.#policy(metric)
    const limit = policy?.limit ?? this.#limits.seriesPerMetric
    const use = this.#uses.get(metric)
    const active = use?.series.length ?? 0
    if (!use || active < (isReduced ? 2 * limit : limit)) return 'take'
    if (policy?.over === 'sample' && idLow % policy.keep_one_of === 0) return 'take'
    const widest = widestLabel(use, labels)
    if (policy?.over === 'drop_label' && widest) return { without: widest.name }
    const { name: label, values } = widest ?? { name: '', values: 0 }
    return { refuse: new TidemarkError('TM_CARDINALITY_METRIC', { metric, active, limit, label, values }) }
  }

  /** Counts a series that was stored; @returns the use it is counted in */
  taken(metric: string, series: Series): MetricUse {
    let use = this.#uses.get(metric)
    if (!use) {
      use = { metric, series: [] }
      this.#uses.set(metric, use)
    }
    use.series.push(series)
    this.#total++
    return use
  }

  /** Starts counting anew with the series that are still active. */
  recount(active: Iterable<{ use: MetricUse; series: Series }>): void {
    for (const use of this.#uses.values()) {
      use.series = []
      use.widths = undefined
    }
    this.#uses.clear()
    this.#total = 0
    for (const { use, series } of active) {
      this.#uses.set(use.metric, use)
      use.series.push(series)
      this.#total++
    }
  }

  #policy(metric: string): CardinalityPolicy | undefined {
    return this.#policies.get(metric) ?? this.#policies.get('*')
  }
}

/** The label of a series that has the most values in its metric. */
function widestLabel(use: MetricUse, labels: readonly Label[]): { name: string; values: number } | undefined {
  if (!use.widths || use.series.length > use.widths.of * RECOUNT_GROWTH) {
    use.widths = { of: use.series.length, values: distinctValues(use.series) }
  }
  let widest: { name: string; values: number } | undefined
  for (const [name, value] of labels) {
    const values = use.widths.values.get(name) ?? 0
    if (value !== '' && (!widest || values > widest.values)) widest = { name, values }
  }
  return widest
}

function distinctValues(active: readonly Series[]): Map<string, number> {
  const values = new Map<string, Set<string>>()
  for (const { canonical, idLow, idHigh } of active) {
    // Through an object of its own: a series keeps the labels that it decoded, and these are needed but once.
    for (const [name, value] of Series.known(canonical, idLow, idHigh).labels) {
      const known = values.get(name)
      if (known) known.add(value)
      else values.set(name, new Set([value]))
    }
  }
  return new Map([...values].map(([name, { size }]) => [name, size]))
}
