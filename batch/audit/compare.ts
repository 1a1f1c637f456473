import type { BucketRun, Sketch } from '../../schemas/sketch/sketch.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'

/** Sums may differ by rounding: relative to the count times the largest magnitude. */
const SUM_TOLERANCE = 1e-9

/** The first column in which two windows of one series and start differ; undefined if they say the same. */
export function firstDifference(a: WindowColumns, i: number, b: WindowColumns, j: number): string | undefined {
  const scale = a.count[i] * Math.max(Math.abs(a.min[i]), Math.abs(a.max[i]), 0) || 0
  if (!isNear(a.count[i], b.count[j], a.count[i])) return 'count'
  for (const column of ['min', 'max', 'first', 'firstMs', 'last', 'lastMs'] as const) {
    if (!isSame(a[column][i], b[column][j])) return column
  }
  if (a.stale[i] !== b.stale[j]) return 'stale'
  if (!isNear(a.sum[i], b.sum[j], scale)) return 'sum'
  if (!isNear(a.increase[i], b.increase[j], scale)) return 'increase'
  return isSameSketch(a.sketch[i], b.sketch[j]) ? undefined : 'sketch'
}

function isSame(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b))
}

/** True if two sums agree up to rounding. Sums whose terms overflow cannot be told apart. */
function isNear(a: number, b: number, scale: number): boolean {
  return isSame(a, b) || Math.abs(a - b) <= SUM_TOLERANCE * Math.abs(scale) || !Number.isFinite(scale)
}

/** True if two sketches hold the same buckets, counts up to rounding. */
export function isSameSketch(a: Sketch | undefined, b: Sketch | undefined): boolean {
  if (!a || !b) return a === b
  return (
    a.schema === b.schema &&
    isNear(a.zeroCount, b.zeroCount, a.zeroCount) &&
    isSameRun(a.positive, b.positive) &&
    isSameRun(a.negative, b.negative)
  )
}

function isSameRun(a: BucketRun, b: BucketRun): boolean {
  if (a.length === 0 || b.length === 0) return a.length === b.length
  const from = Math.min(a.offset, b.offset)
  const to = Math.max(a.offset + a.length, b.offset + b.length)
  for (let index = from; index < to; index++) {
    const counted = countAt(a, index)
    if (!isNear(counted, countAt(b, index), counted)) return false
  }
  return true
}

function countAt(run: BucketRun, index: number): number {
  const at = index - run.offset
  return at >= 0 && at < run.length ? run.counts[at] : 0
}
