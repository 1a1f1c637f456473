import type { RangeView } from './function.js'

/**
 * A range rarely starts and ends at a point: by how much growth between the first and the last one is to be multiplied
 * to be that of the whole range. Up to an edge that is nearer than 1.1 times the average spacing growth is taken to have
 * gone on, beyond that for half a spacing. The rule of Prometheus (extrapolatedRate).
 * @param gaps spacings between the points, at least one
 * @param toZero the first value as a fraction of the growth: a counter does not start below 0. NaN: not a counter
 */
export function extrapolation(view: RangeView, firstMs: number, lastMs: number, gaps: number, toZero: number): number {
  const sampled = (lastMs - firstMs) / 1000
  const spacing = sampled / gaps
  let toStart = (firstMs - view.startMs) / 1000
  if (toStart >= spacing * 1.1) toStart = spacing / 2
  const sinceZero = sampled * toZero
  if (sinceZero < toStart) toStart = sinceZero
  return (sampled + toStart + toRangeEnd(view, lastMs, spacing)) / sampled
}

/** The same where the counter is known to have started at 0 at `startMs`, inside the range and before its first point. */
export function extrapolationSince(
  startMs: number,
  view: RangeView,
  firstMs: number,
  lastMs: number,
  gaps: number,
): number {
  const sampled = (lastMs - startMs) / 1000
  const spacing = gaps === 0 ? 0 : (lastMs - firstMs) / 1000 / gaps
  return (sampled + toRangeEnd(view, lastMs, spacing)) / sampled
}

function toRangeEnd(view: RangeView, lastMs: number, spacing: number): number {
  const toEnd = (view.endMs - lastMs) / 1000
  return toEnd >= spacing * 1.1 ? spacing / 2 : toEnd
}
