import { histogramOfSketch } from '../promql/histogram/from-sketch.js'
import type { NativeHistogram } from '../schemas/histogram.js'
import { isEvent, Kind } from '../schemas/points.js'
import type { AggregatedWindows, Distribution, WindowAggregation, WindowValue } from '../schemas/ports/batch-view.js'
import type {
  PushdownAggregate,
  PushdownAnswer,
  PushdownFunction,
  PushdownRequest,
  PushdownSeries,
  SelectHints,
} from '../schemas/ports/series-source.js'
import type { Label, Series } from '../schemas/series/series.js'
import { TIER_MS, type Tier, type TimeRange } from '../schemas/time.js'
import type { Part } from '../schemas/windows/parts.js'
import { labelsOf } from './merge.js'
import type { QueryPlan } from './plan.js'

/** Fewer windows than this are read faster than grouped, and what is read is kept for the next query. */
export const MANY_WINDOWS = 20_000

/** What is taken of a series' windows, by part and function. */
const VALUES: Readonly<Partial<Record<Part, Partial<Record<PushdownFunction, WindowValue>>>>> = {
  bare: {
    last: 'last',
    sum_over_time: 'sum',
    count_over_time: 'count',
    avg_over_time: 'avg',
    min_over_time: 'min',
    max_over_time: 'max',
    quantile_over_time: 'quantile',
    rate: 'increase',
    increase: 'increase',
  },
  sum: { sum_over_time: 'sum' },
  count: { sum_over_time: 'count' },
  min: { min_over_time: 'min' },
  max: { max_over_time: 'max' },
  histogram: { sum_over_time: 'distribution' },
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

/** True if the request alone speaks for it: a function of windows, each of which is seen at one step. */
export function isPushable({ grid, widthMs, func, aggregate }: PushdownRequest, part: Part): boolean {
  const value = VALUES[part]?.[func]
  if (grid.stepMs <= 0 || value === undefined) return false
  if (value === 'distribution' && aggregate && aggregate.op !== 'sum') return false
  return func === 'last' ? widthMs <= grid.stepMs : widthMs === grid.stepMs
}

/** True if all series are such that their windows may be taken together: of one kind, and that known to be so. */
export function areAlike({ func }: PushdownRequest, series: readonly Series[]): boolean {
  const kind = series[0]?.kind
  if (series.some((one) => one.kind !== kind)) return false
  // The newest value of an event series is that of its newest 10 s.
  if (func === 'last') return kind === Kind.Sample
  const isGrowth = func === 'rate' || func === 'increase'
  return !isGrowth || !series.some(({ labels }) => labels.some(([name]) => name === '__type__'))
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
  { grid, widthMs, func, parameter, aggregate }: PushdownRequest,
  part: Part,
  { tier, range, steps }: SealedSteps,
  series: readonly Series[],
): { aggregation: WindowAggregation; labels: Label[][] } | undefined {
  const value = VALUES[part]?.[func]
  if (!value) return undefined
  const { labels, group } = aggregate ? grouped(series, aggregate) : apart(series, func)
  const run = { tier, startMs: range.startMs, stepMs: grid.stepMs, steps, series, group, groups: labels.length }
  return { aggregation: { ...run, value, lookbackMs: widthMs, quantile: parameter, op: aggregate?.op }, labels }
}

/** Each series as a group of its own. Functions of ranges take the name away. */
function apart(series: readonly Series[], func: PushdownFunction): { group: Int32Array; labels: Label[][] } {
  const labels = series.map((one) => labelsOf(one).filter(([name]) => func === 'last' || name !== '__name__'))
  return { group: Int32Array.from(series, (_, index) => index), labels }
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
  { widthMs, func, aggregate }: PushdownRequest,
  { value, present, distribution }: AggregatedWindows,
  { series: [{ kind }], steps }: WindowAggregation,
  labels: readonly Label[][],
): PushdownAnswer {
  const isCounted = aggregate?.op === 'count' || aggregate?.op === 'group'
  if (func === 'rate' && !isCounted) for (let i = 0; i < value.length; i++) value[i] /= widthMs / 1000
  const all = labels.map((own, g): PushdownSeries => {
    const from = g * steps
    const to = from + steps
    const results = { labels: own, value: value.subarray(from, to), present: present.subarray(from, to) }
    if (!distribution) return results
    return { ...results, histogram: distribution.slice(from, to).map((one) => one && histogramOf(one)) }
  })
  return { steps, series: all.filter((one) => one.present.includes(1)), kind: isEvent(kind) ? 'event' : 'sample' }
}

function histogramOf({ sketch, count, sum }: Distribution): NativeHistogram {
  return histogramOfSketch(sketch, count, sum)
}
