import type { BacktestIncident } from './incidents.js'

/** Labels by which alerts are one incident for people, if no other grouping is configured. */
const GROUPED_BY = ['service', 'region'] as const

/** What a backtest came to. */
export interface BacktestSummary {
  incidents: number
  /** Incidents of one service and region that overlap are one page. */
  pages: number
  /** Label sets that fired at all. */
  series: number
  /** For how long anything fired, ms. */
  firingMs: number
  longestMs: number
  /** Up to when it was judged, ms. */
  endMs: number
}

/** Sums up incidents. @param endMs of the range, where those that still fire are cut */
export function summarize(incidents: readonly BacktestIncident[], endMs: number): BacktestSummary {
  const spans = incidents.map((one) => ({ ...one, endMs: one.endMs ?? endMs }))
  const groups = new Map<string, typeof spans>()
  for (const span of spans) {
    const key = JSON.stringify(GROUPED_BY.map((name) => span.labels[name]))
    groups.set(key, [...(groups.get(key) ?? []), span])
  }
  return {
    incidents: spans.length,
    pages: [...groups.values()].reduce((sum, group) => sum + joined(group).length, 0),
    series: new Set(spans.map(({ labels }) => JSON.stringify(labels))).size,
    firingMs: joined(spans).reduce((sum, span) => sum + span.endMs - span.startMs, 0),
    longestMs: Math.max(0, ...spans.map((span) => span.endMs - span.startMs)),
    endMs,
  }
}

/** Spans that overlap or touch, as one. */
function joined(spans: readonly { startMs: number; endMs: number }[]): { startMs: number; endMs: number }[] {
  const whole: { startMs: number; endMs: number }[] = []
  for (const { startMs, endMs } of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    const last = whole.at(-1)
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs)
    else whole.push({ startMs, endMs })
  }
  return whole
}
