import type { NativeHistogram } from '../../../schemas/histogram.js'
import { INFO, WARNING } from '../../annotations.js'
import type { HistogramRows } from '../../evaluate/range-series.js'
import { hasCustomBuckets } from '../../histogram/bounds.js'
import { addHistograms, subtractHistograms } from '../../histogram/combine.js'
import { compactHistogram } from '../../histogram/compact.js'
import { detectReset } from '../../histogram/reset.js'
import { reduceResolution } from '../../histogram/resolution.js'
import { divideHistogram, scaleHistogram } from '../../histogram/scale.js'
import { HistogramSum } from '../../histogram/sum.js'
import { extrapolation, extrapolationSince } from './extrapolation.js'
import { HISTOGRAM_ROWS, HISTOGRAM_WORK, type RangeCall, type RangeView, type StepFunction } from './function.js'
import type { GrowthKind } from './growth.js'
import { startOverlaps, startsAnew } from './start-time.js'

/** Growth of native histograms over a range, bucket by bucket, extrapolated to its edges. */
export function histogramGrowth(kind: GrowthKind, metric: string, rows: HistogramRows, call: RangeCall): StepFunction {
  if (rows.areOccurrences && kind.isCounter) return occurrences(kind, rows, call)
  const { timeMs, histogram } = rows
  const startMs = kind.isCounter ? rows.startMs : undefined
  const unit = kind.perSecond ? call.rangeMs / 1000 : 1
  return async (view, out) => {
    const from = view.histogramFrom
    const last = view.histogramTo - 1
    const first = histogram[from]
    let grown = last > from ? await between(kind, metric, rows, call, view) : undefined
    if (last > from && grown === undefined) return
    const since = startMs ? startMs[from] : 0
    let factor: number
    if (since !== 0 && since > view.startMs && since < timeMs[from]) {
      grown = grown === undefined ? first : plus(grown, first, metric, call)
      factor = extrapolationSince(since, view, timeMs[from], timeMs[last], last - from)
    } else {
      const toZero =
        kind.isCounter && grown && grown.count > 0 && first.count >= 0 ? first.count / grown.count : Number.NaN
      factor = extrapolation(view, timeMs[from], timeMs[last], last - from, toZero)
    }
    if (grown !== undefined) out.setHistogram(view.step, scaleHistogram(grown, factor / unit))
  }
}

/** What occurred in the range: the sum of its histograms. */
function occurrences(kind: GrowthKind, { histogram }: HistogramRows, call: RangeCall): StepFunction {
  return async (view, out) => {
    const total = new HistogramSum()
    for (let i = view.histogramFrom; i < view.histogramTo; i++) {
      if (i % HISTOGRAM_ROWS === 0) await call.pace(HISTOGRAM_ROWS * HISTOGRAM_WORK)
      total.add(histogram[i])
    }
    const sum = total.sum()
    if (sum === undefined) return
    const gauge = compactHistogram({ ...sum, counterReset: 'gauge' })
    out.setHistogram(view.step, kind.perSecond ? divideHistogram(gauge, call.rangeMs / 1000) : gauge)
  }
}

/** Growth from the first to the last of at least two histograms; undefined, and a warning, if they do not mix. */
async function between(
  kind: GrowthKind,
  metric: string,
  rows: HistogramRows,
  call: RangeCall,
  view: RangeView,
): Promise<NativeHistogram | undefined> {
  const points = rows.histogram.slice(view.histogramFrom, view.histogramTo)
  const last = points[points.length - 1]
  warnOfKind(kind, metric, points, call)
  // A first histogram that the second one does not continue is not looked at: its layout does not matter.
  const first = kind.isCounter && isReset(1, points[0]) ? emptyLike(points[1]) : points[0]
  const custom = hasCustomBuckets(first)
  const inner = kind.isCounter ? points.slice(1) : [last]
  if (inner.some((one) => hasCustomBuckets(one) !== custom)) return mixed(metric, call)
  const schema = inner.reduce((coarsest, one) => Math.min(coarsest, one.schema), first.schema)
  const difference = subtractHistograms(reduceResolution(last, schema), first)
  if (difference === undefined) return mixed(metric, call)
  if (difference.boundsReconciled) call.annotations.inform(INFO.mismatchedCustomBuckets('subtraction'), call.span)
  let grown: NativeHistogram | undefined = difference.histogram
  let overlapping = false
  for (let i = 1; kind.isCounter && grown && i < points.length; i++) {
    if (i % HISTOGRAM_ROWS === 0) await call.pace(HISTOGRAM_ROWS * HISTOGRAM_WORK)
    overlapping ||= overlaps(i)
    const previous = i === 1 ? first : points[i - 1]
    if (isReset(i, previous)) grown = plus(grown, previous, metric, call)
  }
  if (overlapping) call.annotations.warnCounted(WARNING.startTimeOverlap(metric), call.span)
  return grown && compactHistogram({ ...grown, counterReset: 'gauge' })

  function isReset(i: number, previous: NativeHistogram): boolean {
    const { startMs, timeMs } = rows
    const at = view.histogramFrom + i
    if (startMs && startsAnew(startMs[at - 1], timeMs[at - 1], startMs[at], timeMs[at])) return true
    return detectReset(points[i], previous)
  }

  function overlaps(i: number): boolean {
    const { startMs, timeMs } = rows
    const at = view.histogramFrom + i
    return startMs !== undefined && startOverlaps(startMs[at - 1], timeMs[at - 1], startMs[at])
  }
}

/** Gauges are no counters and counters no gauges: of delta only the ends are looked at. */
function warnOfKind(kind: GrowthKind, metric: string, points: readonly NativeHistogram[], call: RangeCall): void {
  const isGauge = ({ counterReset }: NativeHistogram) => counterReset === 'gauge'
  if (kind.isCounter) {
    if (points.some(isGauge)) call.annotations.warn(WARNING.notCounter(metric), call.span)
  } else if (!isGauge(points[0]) || !isGauge(points[points.length - 1])) {
    call.annotations.warn(WARNING.notGauge(metric), call.span)
  }
}

function emptyLike({ schema, customValues }: NativeHistogram): NativeHistogram {
  const none = { index: [], count: [] }
  return {
    schema,
    customValues,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positive: none,
    negative: none,
    counterReset: 'unknown',
  }
}

/** a + b; undefined, and a warning, if they do not mix. */
function plus(a: NativeHistogram, b: NativeHistogram, metric: string, call: RangeCall): NativeHistogram | undefined {
  const sum = addHistograms(a, b)
  if (sum === undefined) return mixed(metric, call)
  if (sum.boundsReconciled) call.annotations.inform(INFO.mismatchedCustomBuckets('addition'), call.span)
  return sum.histogram
}

function mixed(metric: string, call: RangeCall): undefined {
  call.annotations.warn(WARNING.mixedExponentialCustom(metric), call.span)
  return undefined
}
