import type { CounterReset, NativeHistogram } from '../../schemas/histogram.js'
import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import type { Expr, VectorSelector } from '../ast.js'
import { hasCustomBuckets } from '../histogram/bounds.js'
import { NO_BUCKETS } from '../histogram/buckets.js'
import { observedCounterReset } from '../histogram/reset.js'
import { parts } from './prepare.js'

const OF_COUNTS: ReadonlySet<string> = new Set(['histogram_avg', 'histogram_count', 'histogram_sum'])
const OF_BUCKETS: ReadonlySet<string> = new Set(['histogram_fraction', 'histogram_quantile', 'histogram_quantiles'])

/**
 * The selectors of which nothing but counts and sums is wanted. As in Prometheus their histograms are compared with
 * those before them as they are read, so that resets are known even where buckets are not looked at.
 */
export function observingSelectors(expr: Expr): ReadonlySet<VectorSelector> {
  const found = new Set<VectorSelector>()
  const walk = (one: Expr, wantsCounts: boolean): void => {
    if (one.type === 'subquery' || (one.type === 'call' && OF_BUCKETS.has(one.func))) return
    if (one.type === 'binary' && (one.op === '</' || one.op === '>/')) return
    const wants = wantsCounts || (one.type === 'call' && OF_COUNTS.has(one.func))
    if (one.type === 'vector' && wants) found.add(one)
    else if (one.type === 'matrix' && wants) found.add(one.vector)
    else for (const part of parts(one)) walk(part, wants)
  }
  walk(expr, false)
  return found
}

/** The series without buckets, which nobody will look at, but with what they tell of each histogram's neighbours. */
export function withObservedResets(read: WindowedSeries): WindowedSeries {
  if (!read.histogram) return read
  let previous: NativeHistogram | undefined
  const histogram = read.histogram.map((one, row) => {
    if (!one || read.stale[row] === 1) return one
    const counterReset = observedCounterReset(one, previous)
    previous = one
    return countsAlone(one, counterReset)
  })
  return { ...read, histogram }
}

function countsAlone({ schema, count, sum }: NativeHistogram, counterReset: CounterReset): NativeHistogram {
  const custom = hasCustomBuckets({ schema }) && { customValues: [] }
  const none = { zeroThreshold: 0, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS }
  return { schema, count, sum, ...none, ...custom, counterReset }
}
