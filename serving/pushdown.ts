import type { BatchView, WindowAggregation } from '../schemas/ports/batch-view.js'
import type { PushdownAggregate, PushdownRequest, PushdownSeries, SelectHints } from '../schemas/ports/series-source.js'
import type { Label, Series } from '../schemas/series/series.js'
import { TIER_MS, type TimeRange } from '../schemas/time.js'
import { labelsOf } from './merge.js'
import type { QueryPlan } from './plan.js'

/** Fewer windows than this are read faster than grouped, and what is read is kept for the next query. */
export const MANY_WINDOWS = 500_000

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

/** True if the request alone speaks for it: an aggregation over many windows, each of which is seen at one step. */
export function isWorthwhile(
  { grid, widthMs, func, aggregate }: PushdownRequest,
  series: number,
  manyWindows: number,
): boolean {
  if (!aggregate || grid.stepMs <= 0 || VALUES[func] === undefined) return false
  if (func === 'last' ? widthMs > grid.stepMs : widthMs !== grid.stepMs) return false
  return series * stepsOf(grid) >= manyWindows
}

/** The aggregation of a request; undefined where its windows do not lie in one tier of the batch view. */
export function aggregationOf(
  { grid, offsetMs, widthMs, func, aggregate }: PushdownRequest,
  { parts }: QueryPlan,
  series: readonly Series[],
): { aggregation: WindowAggregation; labels: Label[][] } | undefined {
  const value = VALUES[func]
  const [part] = parts
  if (!aggregate || !value || parts.length !== 1 || part.view !== 'batch' || part.warning) return undefined
  const tierMs = TIER_MS[part.tier]
  const { stepMs } = grid
  const startMs = grid.startMs - offsetMs - stepMs
  if (value === 'last' ? tierMs !== stepMs : stepMs % tierMs !== 0) return undefined
  if (startMs % tierMs !== 0) return undefined
  const { labels, group } = grouped(series, aggregate)
  const steps = stepsOf(grid)
  const run = { tier: part.tier, startMs, stepMs, steps, series, group, groups: labels.length }
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
export function resultsOf(
  { value, present }: NonNullable<Awaited<ReturnType<BatchView['aggregate']>>>,
  steps: number,
  labels: readonly Label[][],
): PushdownSeries[] {
  const all = labels.map((own, g) => ({
    labels: own,
    value: value.subarray(g * steps, (g + 1) * steps),
    present: present.subarray(g * steps, (g + 1) * steps),
  }))
  return all.filter((one) => one.present.includes(1))
}
