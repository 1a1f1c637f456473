import {
  type CounterReset,
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramBuckets,
  type NativeHistogram,
} from '../../schemas/histogram.js'
import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'

const BOUNDS: readonly (readonly number[])[] = [
  [1, 2, 5],
  [0.5, 1, 2, 5],
  [1, 5, 10],
  [0.001, 1000],
  [-1, 0, 1],
]
const HINTS: readonly CounterReset[] = ['unknown', 'unknown', 'unknown', 'reset', 'notReset', 'gauge']
const NONE: HistogramBuckets = { index: [], count: [] }

/** Layout of the histograms of one series: what changes rarely from one to the next. */
export interface HistogramLayout {
  schema: number
  customValues?: readonly number[]
  zeroThreshold: number
  positive: readonly number[]
  negative: readonly number[]
  hint: CounterReset
}

/** @param custom bounds of its own instead of powers */
export function randomLayout(random: Random, custom: boolean): HistogramLayout {
  const hint = pick(random, HINTS)
  if (custom) {
    const customValues = pick(random, BOUNDS)
    const positive = customValues.map((_, i) => i).filter(() => chance(random, 0.7))
    if (chance(random, 0.5)) positive.push(customValues.length)
    return { schema: CUSTOM_BUCKETS_SCHEMA, customValues, zeroThreshold: 0, positive, negative: [], hint }
  }
  return {
    schema: pick(random, [-4, -1, 0, 0, 0, 1, 3, 5, 8]),
    zeroThreshold: pick(random, [0, 0, 0.001, 1, 10]),
    positive: indexes(random),
    negative: chance(random, 0.3) ? indexes(random) : [],
    hint,
  }
}

/** A histogram of the layout, grown from the one before unless that is left out. */
export function randomHistogram(random: Random, layout: HistogramLayout, before?: NativeHistogram): NativeHistogram {
  const { schema, customValues, zeroThreshold } = layout
  const isCustom = customValues !== undefined
  const positive = buckets(random, layout.positive, before?.positive)
  const negative = buckets(random, layout.negative, before?.negative)
  const zeroCount = (before?.zeroCount ?? 0) + (isCustom ? 0 : wholeUpTo(random, 3))
  const inBuckets = [...positive.count, ...negative.count].reduce((sum, one) => sum + one, zeroCount)
  const oddSum = chance(random, 0.03)
  return {
    schema,
    zeroThreshold,
    zeroCount,
    // More than the buckets hold: some observations were NaN.
    count: inBuckets + (chance(random, 0.03) ? 1 : 0),
    sum: oddSum ? pick(random, [Number.NaN, Number.POSITIVE_INFINITY, -1]) : (before?.sum ?? 0) + random() * 10,
    positive,
    negative,
    ...(isCustom && { customValues }),
    counterReset: layout.hint,
  }
}

function indexes(random: Random): number[] {
  let at = wholeUpTo(random, 8) - 4
  return Array.from({ length: wholeUpTo(random, 5) }, () => {
    at += chance(random, 0.02) ? 500 : 1 + wholeUpTo(random, 2)
    return at
  })
}

function buckets(random: Random, index: readonly number[], before: HistogramBuckets = NONE): HistogramBuckets {
  const known = new Map(before.index.map((one, i) => [one, before.count[i]]))
  const count = index.map((one) => (known.get(one) ?? 0) + (chance(random, 0.2) ? random() * 2 : wholeUpTo(random, 5)))
  return { index, count }
}
