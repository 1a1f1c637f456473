import { formatDuration } from '../schemas/config/duration.js'
import type { Snapshot } from '../schemas/ports/batch-view.js'
import type { Matcher } from '../schemas/series/matcher.js'
import { alignDown, alignUp, TIER_MS, TIERS, type Tier, type TimeRange, WINDOW_MS } from '../schemas/time.js'

/** What a selector reads, and of which state of the views. All times ms since the epoch. */
export interface PlanRequest {
  matchers: readonly Matcher[]
  /** Points in (startMs, endMs] are wanted. */
  range: TimeRange
  /** Step of the query; 0 for one moment. */
  stepMs: number
  /** Lookback, where at each moment only the newest point within it is read. */
  lookbackMs?: number
  /** Range, where at each moment all in the range before it is read. */
  rangeMs?: number
  /** Set if longer windows give the same answer on their grid; those with one of these flags are read from finer ones. */
  coarse?: { unfit: number }
  snapshot: Pick<Snapshot, 'epoch' | 'frontierMs' | 'heldFromMs' | 'blockMs'>
  /** From when on the live view holds every window; undefined: it covers nothing. */
  liveCoveredFromMs?: number
}

/** Windows that start in [startMs, endMs), read from one view. */
export interface PlanPart extends TimeRange {
  view: 'batch' | 'hot' | 'live'
  tier: Tier
  why: string
  /** Windows with one of these flags are read from the 10 s windows in them, which are held from `fromMs` on. */
  unfit?: { flags: number; fromMs: number }
  /** What the reader of the answer must know, if this part has anything in it. */
  warning?: string
}

/** Where each window of a selection is read, in order of time, no window twice. */
export interface QueryPlan {
  matchers: readonly Matcher[]
  range: TimeRange
  stepMs: number
  epoch: number
  frontierMs: number
  parts: PlanPart[]
  /** Stretches of the past that no tier holds any more. */
  warnings: string[]
}

/**
 * Decides where each window is read: those that start before the tide line from the batch view, the rest from speed,
 * and there from the live view as far as it reaches. A tier longer than 10 s is used only where it gives the same
 * answer: every end of what is read at each moment is a multiple of it, and what is read follows from its windows; or
 * where retention leaves nothing finer, with a warning.
 */
export function planQuery(request: PlanRequest): QueryPlan {
  const { matchers, range, stepMs, snapshot } = request
  const plan: QueryPlan = {
    matchers,
    range,
    stepMs,
    epoch: snapshot.epoch,
    frontierMs: snapshot.frontierMs,
    parts: [],
    warnings: [],
  }
  planBatch(request, plan)
  planSpeed(request, plan)
  return plan
}

function planBatch(request: PlanRequest, plan: QueryPlan): void {
  const { range, snapshot } = request
  const exact = exactTiers(request)
  let cursor = Number.NaN
  const next = () => (Number.isNaN(cursor) ? range.startMs : cursor)
  while (next() < range.endMs && next() < snapshot.frontierMs) {
    const choice = chooseTier(next(), exact, request)
    if (!choice) {
      const heldMs = oldestHeld(next(), snapshot)
      plan.warnings.push(`retention holds nothing before ${utc(heldMs)}`)
      cursor = heldMs
      continue
    }
    const tierMs = TIER_MS[choice.tier]
    const startMs = Number.isNaN(cursor) ? firstWindow(choice.tier, request) : cursor
    const sealedMs = alignDown(snapshot.frontierMs, tierMs)
    const endMs = Math.min(sealedMs, alignUp(range.endMs, tierMs), choice.untilMs)
    const unfit = unfitWindows(choice, endMs, request)
    plan.parts.push({ view: 'batch', tier: choice.tier, startMs, endMs, ...choice.reason, ...(unfit && { unfit }) })
    cursor = endMs
  }
}

/**
 * Where the batch part begins. A range query reads from the start of a block, so that a dashboard that moves with the
 * clock asks for the same windows again and finds them in the cache.
 */
function firstWindow(tier: Tier, { range, stepMs, snapshot }: PlanRequest): number {
  const tierMs = TIER_MS[tier]
  const blockMs = stepMs > 0 ? Math.max(snapshot.blockMs, tierMs) : tierMs
  const heldMs = alignUp(snapshot.heldFromMs[tier] ?? Number.NEGATIVE_INFINITY, tierMs)
  return Math.max(alignDown(alignDown(range.startMs, blockMs), tierMs), heldMs)
}

/** From when on flagged windows of an exact tier can be read finer; nothing if there are no flags to mind. */
function unfitWindows(
  { tier, reason }: TierChoice,
  endMs: number,
  { coarse, snapshot }: PlanRequest,
): PlanPart['unfit'] {
  if (tier === '10s' || !coarse?.unfit || reason.warning) return undefined
  const heldMs = snapshot.heldFromMs['10s'] ?? Number.NEGATIVE_INFINITY
  return { flags: coarse.unfit, fromMs: Math.min(endMs, alignUp(heldMs, TIER_MS[tier])) }
}

interface TierChoice {
  tier: Tier
  /** From here on another tier may be better. */
  untilMs: number
  reason: { why: string; warning?: string }
}

/** The coarsest exact tier that holds the windows from `fromMs` on, or else the finest that holds them at all. */
function chooseTier(fromMs: number, exact: readonly Tier[], request: PlanRequest): TierChoice | undefined {
  const { snapshot } = request
  const holds = (tier: Tier) => {
    const startMs = alignDown(fromMs, TIER_MS[tier])
    const published = startMs + TIER_MS[tier] <= snapshot.frontierMs
    return published && startMs >= (snapshot.heldFromMs[tier] ?? Number.NEGATIVE_INFINITY)
  }
  const best = exact.findLast(holds)
  if (best) return { tier: best, untilMs: Number.POSITIVE_INFINITY, reason: { why: whyExact(best, exact, request) } }
  const finest = TIERS.find(holds)
  if (!finest) return undefined
  const finerFromMs = Math.min(
    ...TIERS.slice(0, TIERS.indexOf(finest)).map((tier) => snapshot.heldFromMs[tier] ?? Number.POSITIVE_INFINITY),
  )
  const untilMs = alignUp(Math.max(finerFromMs, fromMs + 1), TIER_MS[finest])
  const why = `retention leaves nothing finer than ${finest} here`
  const warning = `before ${utc(Math.min(untilMs, snapshot.frontierMs))} only windows of ${finest} are held: values in between are not seen`
  return { tier: finest, untilMs, reason: { why, warning } }
}

/**
 * The tiers that give the same answer as the 10 s windows, finest first: those on whose grid the ends of everything lie
 * that is read at some moment. The newest point at such a moment is the last of a window, whose own time says whether
 * it lies within the lookback, however long that is; a range between two of them is a run of whole windows.
 */
function exactTiers({ range, stepMs, lookbackMs, rangeMs, coarse }: PlanRequest): Tier[] {
  if (!coarse || (lookbackMs === undefined && rangeMs === undefined)) return ['10s']
  const ends = lookbackMs === undefined ? [range.startMs, rangeMs ?? 0, stepMs] : [range.startMs + lookbackMs, stepMs]
  return TIERS.filter((tier) => tier === '10s' || ends.every((end) => end % TIER_MS[tier] === 0))
}

function whyExact(tier: Tier, exact: readonly Tier[], request: PlanRequest): string {
  const { lookbackMs, rangeMs, coarse, stepMs } = request
  if (lookbackMs === undefined && rangeMs === undefined) return 'every point is read'
  if (!coarse) return 'what is read does not follow from longer windows'
  if (tier === exact.at(-1) && tier !== '10s') {
    const times = [...(stepMs > 0 ? ['start', 'step'] : ['time']), ...(lookbackMs === undefined ? ['range'] : [])]
    const are = times.length > 1 ? 'are multiples' : 'is a multiple'
    return `${times.join(' and ')} ${are} of ${tier}: the answer is the same as from 10s`
  }
  if (exact.length > 1) return `the windows of ${exact.at(-1)} are not published or not held here`
  return 'the times of the query are not multiples of a longer tier'
}

function oldestHeld(afterMs: number, { heldFromMs, frontierMs }: PlanRequest['snapshot']): number {
  const starts = TIERS.map((tier) => alignUp(Math.max(heldFromMs[tier] ?? afterMs, afterMs), TIER_MS[tier]))
  return Math.min(frontierMs, ...starts.filter((startMs) => startMs > afterMs))
}

function planSpeed({ range, snapshot, liveCoveredFromMs }: PlanRequest, plan: QueryPlan): void {
  const startMs = Math.max(snapshot.frontierMs, alignDown(range.startMs, WINDOW_MS))
  const endMs = alignUp(range.endMs, WINDOW_MS)
  if (startMs >= endMs) return
  const liveMs = liveCoveredFromMs === undefined ? endMs : alignUp(liveCoveredFromMs, WINDOW_MS)
  const splitMs = Math.min(Math.max(liveMs, startMs), endMs)
  if (startMs < splitMs) {
    const why =
      liveCoveredFromMs === undefined ? 'the live view covers nothing yet' : 'not sealed yet, older than the live view'
    plan.parts.push({ view: 'hot', tier: '10s', startMs, endMs: splitMs, why })
  }
  if (splitMs < endMs) {
    plan.parts.push({ view: 'live', tier: '10s', startMs: splitMs, endMs, why: 'not sealed yet, within the live view' })
  }
}

/** The plan as lines of text, as `tidemark explain` prints it. */
export function printPlan(plan: QueryPlan): string {
  const head = `epoch ${plan.epoch}, tide line ${utc(plan.frontierMs)}`
  const lines = plan.parts.map(
    ({ view, tier, startMs, endMs, why }) =>
      `${view.padEnd(5)} ${tier.padEnd(3)} ${utc(startMs)} .. ${utc(endMs)} (${formatDuration(endMs - startMs)}): ${why}`,
  )
  return [head, ...lines, ...plan.warnings.map((warning) => `warning: ${warning}`)].join('\n')
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
