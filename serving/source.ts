import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { Kind } from '../schemas/points.js'
import type { BlockVersion, Snapshot } from '../schemas/ports/batch-view.js'
import type { SelectHints, SeriesSource, WindowedSeries } from '../schemas/ports/series-source.js'
import type { Matcher } from '../schemas/series/matcher.js'
import type { Series } from '../schemas/series/series.js'
import { TIERS, type TimeRange } from '../schemas/time.js'
import { checkDeadline, orAborted, type QueryDeadline, startDeadline, withinDeadline } from './cancel.js'
import { ReadBudget } from './collector.js'
import { mergeParts } from './merge.js'
import { type Part, rollsUp, splitVirtualName } from './parts.js'
import { planQuery, type QueryPlan } from './plan.js'
import { type PartRead, type ReadRequest, readPart } from './read.js'
import { findSeries } from './series-index.js'
import { type Coverage, VIEW_SHARE, type Views, viewFailure } from './views.js'

/** How one query is opened. */
export interface OpenOptions {
  /** Reads the batch view as it was at this epoch; undefined: as it is now. */
  epoch?: number
  /** Aborted when the client goes away. */
  signal?: AbortSignal
  /** Less than limits.queryMs, if the caller has less patience. ms */
  timeoutMs?: number
}

/** The merged view: batch before the tide line, speed from there on. */
export interface MergedView {
  /**
   * Fixes epoch and tide line for one query.
   * @throws TM_QUERY_EPOCH
   */
  open(options?: OpenOptions): Promise<MergedQuery>
}

/** The merged view over these views, stores and limits. */
export function createSeriesSource(views: Views): MergedView {
  return { open: (options = {}) => openQuery(views, options) }
}

async function openQuery(views: Views, { epoch, signal, timeoutMs }: OpenOptions): Promise<MergedQuery> {
  const deadline = startDeadline(
    Math.max(1, Math.min(views.limits.queryMs, timeoutMs ?? Number.POSITIVE_INFINITY)),
    signal,
  )
  const reasons: string[] = []
  const asked = async <T>(view: string, work: Promise<T>): Promise<T | undefined> => {
    try {
      return await orAborted(work, viewSignal(deadline))
    } catch (thrown) {
      checkDeadline(deadline)
      reasons.push(viewFailure(view, thrown))
      return undefined
    }
  }
  const [snapshot, coveredFromMs] = await Promise.all([
    epoch === undefined
      ? asked('batch', views.batch.snapshot())
      : withinDeadline(views.batch.snapshot(epoch), deadline),
    asked('live', views.live.coveredFromMs()),
  ])
  return new MergedQuery(views, snapshot ?? unsealed(), coveredFromMs, deadline, reasons)
}

/** Without the catalog nothing is known to be sealed: everything is asked of the speed views. */
function unsealed(): Snapshot {
  const heldFromMs = Object.fromEntries(TIERS.map((tier) => [tier, undefined])) as Snapshot['heldFromMs']
  return { epoch: 0, frontierMs: 0, blockMs: 0, heldFromMs }
}

/** One query over one state of the views: a SeriesSource, and what there is to say about its answers. */
export class MergedQuery implements SeriesSource {
  readonly snapshot: Snapshot
  /** Stretches that were read, in order of reading. */
  readonly coverage: Coverage[] = []
  readonly warnings = new Set<string>()
  /** Why something is missing; empty if nothing is. */
  readonly partialReasons = new Set<string>()
  /** One a selector. */
  readonly plans: QueryPlan[] = []
  readonly #views: Views
  readonly #coveredFromMs: number | undefined
  readonly #deadline: QueryDeadline
  readonly #budget: ReadBudget

  constructor(
    views: Views,
    snapshot: Snapshot,
    coveredFromMs: number | undefined,
    deadline: QueryDeadline,
    partialReasons: readonly string[],
  ) {
    this.snapshot = snapshot
    this.#views = views
    this.#coveredFromMs = coveredFromMs
    this.#deadline = deadline
    this.#budget = new ReadBudget(views.limits)
    for (const reason of partialReasons) this.partialReasons.add(reason)
  }

  /**
   * @throws TM_QUERY_SERIES, TM_QUERY_SAMPLES, TM_QUERY_TIME, and the error of the view if none could be read
   */
  async *select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncGenerator<WindowedSeries> {
    const selected = await this.#resolve(matchers)
    const plan = await this.#plan(selected, range, hints)
    const request = {
      snapshot: this.snapshot,
      matchers: selected.matchers,
      part: selected.part,
      budget: this.#budget,
      signal: viewSignal(this.#deadline),
    } satisfies ReadRequest
    const reads = await Promise.all(plan.parts.map((part) => readPart(this.#views, part, request)))
    checkDeadline(this.#deadline)
    this.#account(plan, reads)
    const merged = mergeParts(
      reads.map(({ points }) => points),
      range,
      selected.name,
    )
    for (const warning of merged.warnings) this.warnings.add(warning)
    yield* merged.series
  }

  /** Decides where a selection is read, without reading it. */
  async explain(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): Promise<QueryPlan> {
    return this.#plan(await this.#resolve(matchers), range, hints)
  }

  /** Series that satisfy the matchers and have points in the range, as far as the views can tell. */
  async series(range: TimeRange, matchers: readonly Matcher[]): Promise<Series[]> {
    const found = await findSeries(this.#views, this.snapshot, range, matchers, viewSignal(this.#deadline))
    checkDeadline(this.#deadline)
    for (const failure of found.failures) this.partialReasons.add(failure)
    return found.series
  }

  /** The blocks of a batch part, with the generation that each is read at. */
  blocks(range: TimeRange): Promise<BlockVersion[]> {
    return withinDeadline(this.#views.batch.blocks(this.snapshot, range), this.#deadline)
  }

  /** A name with a suffix addresses a part of a window, unless a metric is really called so. */
  async #resolve(matchers: readonly Matcher[]): Promise<Selected> {
    const exact = matchers.find(({ name, op }) => name === '__name__' && op === '=')
    const virtual = exact && splitVirtualName(exact.value)
    if (!virtual || (await this.#isStored(exact))) return { matchers, part: 'bare' }
    const renamed = matchers.map((matcher) => (matcher === exact ? { ...exact, value: virtual.metric } : matcher))
    return { matchers: renamed, part: virtual.part, name: exact.value }
  }

  async #isStored(name: Matcher): Promise<boolean> {
    return (await this.series({ startMs: 0, endMs: this.#views.clock() }, [name])).length > 0
  }

  async #plan(selected: Selected, range: TimeRange, hints: SelectHints): Promise<QueryPlan> {
    const request = {
      matchers: selected.matchers,
      range,
      stepMs: hints.stepMs,
      lookbackMs: hints.lookbackMs,
      snapshot: this.snapshot,
      liveCoveredFromMs: this.#coveredFromMs,
    }
    let plan = planQuery({ ...request, rollsUp: true })
    // What the series are matters only where a longer tier would be used.
    if (plan.parts.some((part) => part.tier !== '10s')) {
      const kinds = selected.part === 'bare' ? await this.#kinds(range, selected.matchers) : new Set<Kind>()
      if (!rollsUp(selected.part, kinds)) plan = planQuery({ ...request, rollsUp: false })
    }
    this.plans.push(plan)
    for (const warning of plan.warnings) this.warnings.add(warning)
    return plan
  }

  async #kinds(range: TimeRange, matchers: readonly Matcher[]): Promise<ReadonlySet<Kind>> {
    return new Set((await this.series(range, matchers)).map((series) => series.kind))
  }

  #account(plan: QueryPlan, reads: readonly PartRead[]): void {
    for (const [i, read] of reads.entries()) {
      this.coverage.push(...read.coverage)
      if (read.failure) this.partialReasons.add(read.failure)
      const { warning } = plan.parts[i]
      if (warning && read.points.length > 0) this.warnings.add(warning)
    }
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

/** Ends with the query, or once one view has taken its share of the time. */
function viewSignal({ signal, limitMs }: QueryDeadline): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(limitMs * VIEW_SHARE))])
}
