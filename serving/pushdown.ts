import type { AggregatedWindows, WindowAggregation } from '../schemas/ports/batch-view.js'
import type { PushdownAggregate, PushdownAnswer, PushdownRequest, SelectHints } from '../schemas/ports/series-source.js'
import type { Label, Series } from '../schemas/series/series.js'
import { TIER_MS, type Tier, type TimeRange } from '../schemas/time.js'
import { labelsOf } from './merge.js'
import type { QueryPlan } from './plan.js'

/** Fewer windows than this are read faster than grouped, and what is read is kept for the next query. */
export const MANY_WINDOWS = 20_000

/** What is taken of a series' windows, by function. */
const VALUES: Readonly<Partial<Record<PushdownRequest['func'], WindowAggregation['value']>>> = {
  last: 'last',
  sum_over_time: 'sum',
  count_over_time: 'count',
  avg_over_time: 'avg',
  min_over_time: 'min',
  max_over_time: 'max',
}

/** What the same question reads as a selection. */
export function selectionOf({ grid, offsetMs, widthMs, func }: PushdownRequest): {
  range: TimeRange
  hints: SelectHints
} {
  const range = { startMs: grid.startMs - offsetMs - widthMs, endMs: grid.endMs - offsetMs }
  const { stepMs } = grid
  return { range, hints: func === 'last' ? { stepMs, lookbackMs: widthMs } : { stepMs, rangeMs: widthMs, func } }
}

/** How many steps a grid has. */
function stepsOf({ startMs, endMs, stepMs }: PushdownRequest['grid']): number {
  return stepMs > 0 ? Math.floor((endMs - startMs) / stepMs) + 1 : 1
}

/** True if the request alone speaks for it: an aggregation of windows, each of which is seen at one step. */
export function isPushable({ grid, widthMs, func, aggregate }: PushdownRequest): boolean {
  if (!aggregate || grid.stepMs <= 0 || VALUES[func] === undefined) return false
  return func === 'last' ? widthMs <= grid.stepMs : widthMs === grid.stepMs
}

/** The first steps of a request, as one tier of the batch view answers them. */
export interface SealedSteps {
  tier: Tier
  /** The windows that are read: those of the first step begin it. */
  range: TimeRange
  steps: number
}

/** The steps whose windows all lie in one tier of the batch view, from the first one on; undefined if there is none. */
export function sealedSteps(
  { grid, offsetMs, func }: PushdownRequest,
  { parts, warnings }: QueryPlan,
): SealedSteps | undefined {
  const [part] = parts
  if (part?.view !== 'batch' || part.warning || warnings.length > 0) return undefined
  const tierMs = TIER_MS[part.tier]
  const { stepMs } = grid
  const startMs = grid.startMs - offsetMs - stepMs
  if (func === 'last' ? tierMs !== stepMs : stepMs % tierMs !== 0) return undefined
  if (startMs % tierMs !== 0 || startMs < part.startMs) return undefined
  const steps = Math.min(stepsOf(grid), Math.floor((part.endMs - startMs) / stepMs))
  return steps > 0 ? { tier: part.tier, range: { startMs, endMs: startMs + steps * stepMs }, steps } : undefined
}

/** The plan of what is read of the first steps. */
export function planOfSteps(plan: QueryPlan, { range }: SealedSteps): QueryPlan {
  return { ...plan, range, parts: [{ ...plan.parts[0], ...range }] }
}

/** The aggregation of these steps of a request, and the labels of its groups. */
export function aggregationOf(
  { grid, widthMs, func, aggregate }: PushdownRequest,
  { tier, range, steps }: SealedSteps,
  series: readonly Series[],
): { aggregation: WindowAggregation; labels: Label[][] } | undefined {
  const value = VALUES[func]
  if (!aggregate || !value) return undefined
  const { labels, group } = grouped(series, aggregate)
  const run = { tier, startMs: range.startMs, stepMs: grid.stepMs, steps, series, group, groups: labels.length }
  return { aggregation: { ...run, value, lookbackMs: widthMs, op: aggregate.op }, labels }
}

/** The group of each series, and each group's labels. */
function grouped(
  series: readonly Series[],
  { by, labels }: PushdownAggregate,
): { group: Int32Array; labels: Label[][] } {
  const kept = new Set(labels)
  const groups = new Map<string, number>()
  const found: Label[][] = []
  const group = Int32Array.from(series, (one) => {
    const own = labelsOf(one).filter(([name]) => name !== '__name__' && kept.has(name) === by)
    const key = JSON.stringify(own)
    const known = groups.get(key)
    if (known !== undefined) return known
    groups.set(key, found.length)
    return found.push(own) - 1
  })
  return { group, labels: found }
}

/** Results group by group; groups without any are left out. */
export function answerOf(
  { value, present }: AggregatedWindows,
  steps: number,
  labels: readonly Label[][],
): PushdownAnswer {
  const all = labels.map((own, g) => ({
    labels: own,
    value: value.subarray(g * steps, (g + 1) * steps),
    present: present.subarray(g * steps, (g + 1) * steps),
  }))
  return { steps, series: all.filter((one) => one.present.includes(1)) }
}
