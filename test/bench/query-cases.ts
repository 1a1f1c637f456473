import { DAY_MS, type QueryScale } from './query-data.js'

/** A query that is measured. */
export interface QueryCase {
  name: string
  expr: string
  rangeMs: number
  stepMs: number
  /** How far answers of the peers may be from ours; undefined: that server answers another question. */
  within: { victoriaMetrics?: number; prometheus?: number }
}

/** Rounding of sums taken in another order. */
const EXACT = 1e-9
/** The sketch's bound on both sides, and the peers interpolate between neighbours. */
const SKETCH = 0.022
/** Prometheus before 3.0 has closed ranges: asked for a range that is 1 ms shorter, a rate differs by that. */
const MILLISECOND = 1e-6

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** What dashboards and reports ask, from one series to all. */
export function queryCases({ days }: QueryScale): QueryCase[] {
  const all = { rangeMs: days * DAY_MS, stepMs: HOUR_MS }
  const same = { victoriaMetrics: EXACT, prometheus: EXACT }
  const close = { victoriaMetrics: SKETCH, prometheus: SKETCH }
  const one = 'host="host-7"'
  return [
    { name: 'one series raw', expr: `host_cpu{${one}}`, ...all, within: same },
    { name: 'one series avg_over_time', expr: `avg_over_time(host_cpu{${one}}[1h])`, ...all, within: same },
    { name: 'one series quantile', expr: `quantile_over_time(0.99, host_latency{${one}}[1h])`, ...all, within: close },
    { name: '100 series avg by', expr: 'avg by (region) (host_cpu)', ...all, within: same },
    {
      name: '100 series avg by avg_over_time',
      expr: 'avg by (region) (avg_over_time(host_cpu[1h]))',
      ...all,
      within: same,
    },
    {
      name: '100 series sum by rate',
      expr: 'sum by (region) (rate(host_requests_total[1h]))',
      ...all,
      // VictoriaMetrics does not extrapolate.
      within: { prometheus: MILLISECOND },
    },
    { name: '100 series max_over_time', expr: 'max_over_time(host_memory[1h])', ...all, within: same },
    { name: '100 series topk', expr: 'topk(5, host_memory)', ...all, within: same },
    { name: '100 series quantile', expr: 'quantile_over_time(0.99, host_latency[1h])', ...all, within: close },
    { name: '1000 series avg by', expr: 'avg by (region) ({__name__=~"host_.+"})', ...all, within: same },
    {
      name: '1000 series max by max_over_time',
      expr: 'max by (region) (max_over_time({__name__=~"host_.+"}[1h]))',
      ...all,
      within: same,
    },
    {
      name: '10000 series sum by avg_over_time',
      expr: 'sum by (region) (avg_over_time(fleet_usage[1h]))',
      ...all,
      within: same,
    },
    {
      name: 'dashboard 6 h',
      expr: 'avg by (region) (host_cpu)',
      rangeMs: 6 * HOUR_MS,
      stepMs: MINUTE_MS,
      within: same,
    },
  ]
}

/** The same question for a server whose ranges hold their first millisecond too. */
export function withClosedRanges(expr: string): string {
  return expr.replaceAll('[1h]', '[59m59s999ms]')
}
