import type { Aggregate } from './aggregate.js'

/**
 * Growth of a counter inside the window, resets counted from zero (Prometheus's increase() without extrapolation).
 * A step to or from a value that is not finite (NaN, infinity, staleness marker) counts nothing.
 * Must run before `last` is updated: the step starts there. Event series keep 0: their growth is their sum.
 */
export const increase: Aggregate = {
  add(into, row, _timeMs, value) {
    into.increase[row] += step(into.last[row], value)
  },
  merge(into, row, later, from) {
    into.increase[row] += step(into.last[row], later.first[from]) + later.increase[from]
  },
  sql: {
    fold: { increase: `coalesce(fsum(${stepSql('prev', 'finite')}), 0)` },
    merge: { increase: `fsum(increase) + coalesce(fsum(${finiteStepSql('prev_last', 'first')}), 0)` },
    across: { increase: 'fsum(increase)' },
  },
}

/** Growth from one value of a counter to the next. */
function step(from: number, to: number): number {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return 0
  return to >= from ? to - from : to
}

/** NULL where either is NULL. */
function stepSql(from: string, to: string): string {
  return `CASE WHEN ${to} >= ${from} THEN ${to} - ${from} WHEN ${to} < ${from} THEN ${to} END`
}

function finiteStepSql(from: string, to: string): string {
  return `CASE WHEN isfinite(${from}) AND isfinite(${to}) THEN ${stepSql(from, to)} END`
}
