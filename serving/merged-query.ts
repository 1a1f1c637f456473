import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { Kind } from '../schemas/points.js'
import type { BlockVersion, Snapshot } from '../schemas/ports/batch-view.js'
import type {
  PushdownAnswer,
  PushdownRequest,
  SelectHints,
  SeriesSource,
  WindowedSeries,
} from '../schemas/ports/series-source.js'
import { type Matcher, oneOf } from '../schemas/series/matcher.js'
import type { Series } from '../schemas/series/series.js'
import { type TimeRange, WINDOW_MS } from '../schemas/time.js'
import { type Part, splitVirtualName } from '../schemas/windows/parts.js'
import { checkDeadline, orAborted, type QueryDeadline, viewSignal, withinDeadline } from './cancel.js'
import { ReadBudget } from './collector.js'
import { incompleteness } from './completeness.js'
import { asHistograms } from './histogram-rows.js'
import type { KeptWindows } from './kept/kept-windows.js'
import { followsFromWindows, readsNewest } from './kept/whole-metrics.js'
import { windowVersions } from './kept/window-versions.js'
import { inOrder, mergeParts } from './merge.js'
import { type PlanRequest, planQuery, type QueryPlan } from './plan.js'
import { aggregationOf, answerOf, areAlike, isPushable, planOfSteps, sealedSteps, selectionOf } from './pushdown.js'
import { type PartRead, type ReadRequest, readPart } from './read.js'
import { coarseRule, type Reading, readingOf } from './reading.js'
import type { SealedRows } from './sealed-rows.js'
import { findSeries } from './series-index.js'
import type { ViewState } from './view-state.js'
import { type Coverage, NOT_FED, type Views, viewFailure, WITHOUT_LIVE } from './views.js'

/** Said of an answer that sketches were used for. */
const SKETCH_BOUND = 'quantiles and deviations come from sketches: values in them are within 1.1 % of what was sent'

/** What queries of one merged view share. */
export interface Shared {
  sealed: SealedRows
  kept?: KeptWindows
  manyWindows: number
}

/** One query over one state of the views: a SeriesSource, and what there is to say about its answers. */
export class MergedQuery implements SeriesSource {
  readonly snapshot: Snapshot
  /** Stretches that were read, in order of reading. */
  readonly coverage: Coverage[] = []
  readonly warnings = new Set<string>()
  /** What is good to know of an answer that is as it should be. */
  readonly infos = new Set<string>()
  /** Why something is missing; empty if nothing is. */
  readonly partialReasons = new Set<string>()
  /** One a selector. */
  readonly plans: QueryPlan[] = []
  readonly #views: Views
  readonly #sealed: SealedRows
  readonly #manyWindows: number
  readonly #kept: KeptWindows | undefined
  readonly #coveredFromMs: number | undefined
  readonly #liveFailure: string | undefined
  readonly deadline: QueryDeadline
  readonly #budget: ReadBudget

  constructor(
    views: Views,
    { sealed, manyWindows, kept }: Shared,
    { snapshot, coveredFromMs, liveFailure, reasons }: ViewState,
    deadline: QueryDeadline,
  ) {
    this.snapshot = snapshot
    this.#views = views
    this.#sealed = sealed
    this.#manyWindows = manyWindows
    this.#kept = kept
    this.#coveredFromMs = coveredFromMs
    this.#liveFailure = liveFailure
    this.deadline = deadline
    this.#budget = new ReadBudget(views.limits)
    for (const reason of reasons) this.partialReasons.add(reason)
  }

  /** Whether the live view covers anything, as far as it could be asked. */
  get isLiveCovered(): boolean {
    return this.#coveredFromMs !== undefined
  }

  /**
   * @throws TM_QUERY_SERIES, TM_QUERY_SAMPLES, TM_QUERY_TIME, and the error of the view if none could be read
   */
  async *select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncGenerator<WindowedSeries> {
    const selected = await this.#resolve(matchers)
    const reading = readingOf(selected.part, range, hints)
    const plan = await this.#plan(selected, reading, range, hints)
    const request = this.#request(selected.matchers, reading)
    const reads = await Promise.all(plan.parts.map((part) => readPart(this.#views, part, request)))
    checkDeadline(this.deadline)
    this.#account(plan, reads)
    const merged = mergeParts(
      reads.map(({ rows }) => rows),
      range,
      selected.name,
    )
    for (const warning of merged.warnings) this.warnings.add(warning)
    if (reading.part === 'histogram') for (const series of merged.series) asHistograms(series)
    else if (reading.sketches && merged.series.some(({ windows }) => windows?.sketch)) this.infos.add(SKETCH_BOUND)
    yield* merged.series
  }

  /**
   * All series of each of these metrics; of their windows those are read that are not kept from a selection before.
   * Metrics that are left out are to be selected, each time as a whole.
   * @throws as `select` does
   */
  async wholeMetrics(
    metrics: readonly string[],
    range: TimeRange,
    hints: SelectHints,
  ): Promise<ReadonlyMap<string, readonly WindowedSeries[]>> {
    const kept = this.#kept
    const names = kept && followsFromWindows(range, hints) ? await this.#ofWholeWindows(metrics) : []
    // Each window is read by itself: of longer ones some would not be whole.
    const plan = this.#draft([oneOf('__name__', names)], range, { ...hints, stepMs: WINDOW_MS }, undefined)
    const isOfTens = plan.warnings.length === 0 && plan.parts.every(({ tier }) => tier === '10s')
    if (!kept || names.length === 0 || !isOfTens) return new Map()
    const reading = readingOf('bare', range, hints)
    const versions = await withinDeadline(windowVersions(this.#views, this.snapshot, plan.parts), this.deadline)
    const { series: found, reads } = await kept.select({
      ...{ names, range, reading, versions, parts: plan.parts, newest: readsNewest(range, hints) },
      read: (lacking, stretch, intake) => {
        const budget = new ReadBudget(this.#views.limits)
        const request = { ...this.#request([oneOf('__name__', lacking)], reading), budget }
        return readPart(this.#views, stretch, { ...request, gather: (part) => intake.gatherer(part, budget) })
      },
    })
    checkDeadline(this.deadline)
    this.#notePlan(plan)
    this.#account(plan, reads)
    for (const series of found.values()) {
      this.#budget.checkSeries(series.length)
      this.#budget.takeSamples(series.reduce((rows, { timeMs }) => rows + timeMs.length, 0))
    }
    return found
  }

  /**
   * Functions and aggregations of many windows are computed in the batch view, as far as their windows lie in one tier of it.
   * @throws TM_QUERY_SERIES, TM_QUERY_SAMPLES, TM_QUERY_TIME
   */
  async pushdown(request: PushdownRequest): Promise<PushdownAnswer | undefined> {
    const { matchers, part } = await this.#resolve(request.matchers)
    if (!isPushable(request, part)) return undefined
    const { range, hints } = selectionOf(request)
    const { batch } = this.#views
    const series = await withinDeadline(batch.series(this.snapshot, range, matchers), this.deadline)
    if (series.length === 0 || !areAlike(request, series)) return undefined
    const kinds = new Set([series[0].kind])
    const whole = this.#draft(matchers, range, hints, coarseRule(readingOf(part, range, hints), hints, kinds))
    const sealed = sealedSteps(request, whole)
    if (!sealed || series.length * sealed.steps < this.#manyWindows) return undefined
    this.#budget.checkSeries(series.length)
    const pushed = aggregationOf(request, part, sealed, inOrder(series))
    const results = pushed && (await withinDeadline(batch.aggregate(this.snapshot, pushed.aggregation), this.deadline))
    if (!results) return undefined
    this.#budget.takeSamples(results.windows)
    if (results.isApproximate) this.infos.add(SKETCH_BOUND)
    const plan = planOfSteps(whole, sealed)
    this.plans.push(plan)
    this.coverage.push(...plan.parts.map(({ view, tier, startMs, endMs }) => ({ view, tier, startMs, endMs })))
    return answerOf(request, results, pushed.aggregation, pushed.labels)
  }

  /** Series that satisfy the matchers and have points in the range, as far as the views can tell. */
  async series(range: TimeRange, matchers: readonly Matcher[]): Promise<Series[]> {
    const found = await findSeries(this.#views, this.snapshot, range, matchers, viewSignal(this.deadline))
    checkDeadline(this.deadline)
    for (const failure of found.failures) this.partialReasons.add(failure)
    return found.series
  }

  /** The blocks of a batch part, with the generation that each is read at. */
  blocks(range: TimeRange): Promise<BlockVersion[]> {
    return withinDeadline(this.#views.batch.blocks(this.snapshot, range), this.deadline)
  }

  /** A name with a suffix addresses a part of a window, unless a metric is really called so. */
  async #resolve(matchers: readonly Matcher[]): Promise<Selected> {
    const exact = matchers.find(({ name, op }) => name === '__name__' && op === '=')
    const virtual = exact && splitVirtualName(exact.value)
    if (!virtual || (await this.#isStored(exact))) return { matchers, part: 'bare' }
    const renamed = matchers.map((matcher) => (matcher === exact ? { ...exact, value: virtual.metric } : matcher))
    return { matchers: renamed, part: virtual.part, name: exact.value }
  }

  /** The names that address metrics, not parts of their windows. */
  async #ofWholeWindows(names: readonly string[]): Promise<string[]> {
    const parts = await Promise.all(names.map((name) => this.#resolve([oneOf('__name__', [name])])))
    return names.filter((_, i) => parts[i].part === 'bare')
  }

  async #isStored(name: Matcher): Promise<boolean> {
    return (await this.series({ startMs: 0, endMs: this.#views.clock() }, [name])).length > 0
  }

  async #plan({ matchers }: Selected, reading: Reading, range: TimeRange, hints: SelectHints): Promise<QueryPlan> {
    let plan = this.#draft(matchers, range, hints, coarseRule(reading, hints, new Set()))
    // What the series are matters only where a longer tier would be used.
    if (reading.part === 'bare' && plan.parts.some((part) => part.tier !== '10s')) {
      const kinds = await this.#sealedKinds(range, matchers)
      plan = this.#draft(matchers, range, hints, coarseRule(reading, hints, kinds))
    }
    this.#notePlan(plan)
    return plan
  }

  #notePlan(plan: QueryPlan): void {
    this.plans.push(plan)
    for (const warning of plan.warnings) this.warnings.add(warning)
    if (plan.parts.some(({ view }) => view !== 'batch')) this.#missLive()
  }

  #request(matchers: readonly Matcher[], reading: Reading): ReadRequest {
    return {
      ...{ matchers, reading, snapshot: this.snapshot, budget: this.#budget, sealed: this.#sealed },
      signal: viewSignal(this.deadline),
      ending: this.deadline.signal,
    }
  }

  /** Notes what is missing if the live view could not be asked what it covers, or covers nothing. */
  #missLive(): void {
    if (this.#liveFailure !== undefined) this.partialReasons.add(`${this.#liveFailure}; ${WITHOUT_LIVE}`)
    else if (this.#coveredFromMs === undefined) this.warnings.add(NOT_FED)
  }

  #draft(
    matchers: readonly Matcher[],
    range: TimeRange,
    { stepMs, lookbackMs, rangeMs }: SelectHints,
    coarse: PlanRequest['coarse'],
  ): QueryPlan {
    const { snapshot } = this
    const times = { range, stepMs, lookbackMs, rangeMs }
    return planQuery({ matchers, ...times, coarse, snapshot, liveCoveredFromMs: this.#coveredFromMs })
  }

  /** Kinds of the series of the batch view; where that cannot be asked its part fails with the reason. */
  async #sealedKinds(range: TimeRange, matchers: readonly Matcher[]): Promise<ReadonlySet<Kind>> {
    const series = this.#views.batch.series(this.snapshot, range, matchers)
    try {
      return new Set((await orAborted(series, viewSignal(this.deadline))).map(({ kind }) => kind))
    } catch (thrown) {
      checkDeadline(this.deadline)
      viewFailure('batch', thrown)
      return new Set()
    }
  }

  #account(plan: QueryPlan, reads: readonly PartRead[]): void {
    for (const [i, read] of reads.entries()) {
      this.coverage.push(...read.coverage)
      if (read.failure) this.partialReasons.add(read.failure)
      if (read.warning) this.warnings.add(read.warning)
      const { warning } = plan.parts[i]
      if (warning && read.rows.length > 0) this.warnings.add(warning)
    }
    const missing = incompleteness(this.coverage, this.snapshot, this.#views)
    if (missing) this.partialReasons.add(missing)
    const [first] = reads
    if (first && reads.every(({ coverage }) => coverage.length === 0)) throw unreadable(first)
  }
}

interface Selected {
  /** As the stored series know them. */
  matchers: readonly Matcher[]
  part: Part
  /** What the series are called in the answer, if not by their own name. */
  name?: string
}

function unreadable({ failure, thrown }: PartRead): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown
  const reason = failure ?? 'no view could be read'
  return thrown instanceof DOMException
    ? new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason }, thrown)
    : asTidemarkError(thrown ?? new Error(reason))
}
