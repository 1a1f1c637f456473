import type { Layout } from '../../schemas/ports/layouts.js'
import { alignUp } from '../../schemas/time.js'

/** What a gateway knows when it looks whether points should be spread otherwise. */
export interface LayoutRequest {
  layouts: readonly Layout[]
  /** Partitions that the log has now. */
  partitions: number
  nowMs: number
  /** Points that came in since the last look, by metric, and how long that was, ms. */
  pointsByMetric: ReadonlyMap<string, number>
  spanMs: number
  rules: LayoutRules
}

/** When a metric is split. */
export interface LayoutRules {
  /** A metric that brings more than this share of all points (0 to 1) is split. */
  splitShare: number
  /** But only if it brings so many points a second. */
  splitRate: number
  /** Layouts begin at multiples of this, ms. */
  blockMs: number
  /** A new layout begins no earlier than this after now: by then every gateway knows it, and none has taken a point beyond. ms */
  leadMs: number
}

/** The layout of a log that no point has been written to: it holds for all times. */
export function firstLayout(partitions: number): Layout {
  return { fromMs: 0, partitions, splits: {} }
}

/** The layout to add, or undefined if what there is will do, or another one is to come. */
export function planLayout(request: LayoutRequest): Layout | undefined {
  const { layouts, partitions, nowMs, rules } = request
  const newest = layouts.at(-1)
  if (!newest) return firstLayout(partitions)
  if (newest.fromMs > nowMs) return undefined
  const wider = Math.max(partitions, newest.partitions)
  const splits = splitsOf(request, newest, wider)
  const isNew =
    wider !== newest.partitions || Object.keys(splits).some((metric) => splits[metric] !== newest.splits[metric])
  if (!isNew) return undefined
  return { fromMs: alignUp(nowMs + rules.leadMs, rules.blockMs), partitions: wider, splits }
}

/** Splits that there are stay: they only grow, or a metric that comes and goes would move for ever. */
function splitsOf(
  { pointsByMetric, spanMs, rules }: LayoutRequest,
  newest: Layout,
  partitions: number,
): Record<string, number> {
  const splits: Record<string, number> = { ...newest.splits }
  let total = 0
  for (const points of pointsByMetric.values()) total += points
  for (const [metric, points] of pointsByMetric) {
    const share = points / total
    if (share <= rules.splitShare || (points * 1000) / spanMs < rules.splitRate) continue
    const over = Math.min(partitions, Math.ceil(share / rules.splitShare) + 1)
    if (over > (Object.hasOwn(splits, metric) ? splits[metric] : 1)) splits[metric] = over
  }
  return splits
}
