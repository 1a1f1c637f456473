import type { NativeHistogram } from '../../../schemas/histogram.js'
import { INFO, WARNING } from '../../annotations.js'
import type { HistogramRows } from '../../evaluate/range-series.js'
import { hasCustomBuckets } from '../../histogram/bounds.js'
import { addHistograms, joinCounterResets, subtractHistograms } from '../../histogram/combine.js'
import { compactHistogram } from '../../histogram/compact.js'
import { detectReset } from '../../histogram/reset.js'
import { divideHistogram, scaleHistogram } from '../../histogram/scale.js'
import { rangeEnds } from './extended-growth.js'
import type { RangeCall, RangeView, StepFunction } from './function.js'
import type { GrowthKind } from './growth.js'

/** Where annotations of histogram arithmetic go. */
type Noted = Pick<RangeCall, 'annotations' | 'span'>

/** Growth of native histograms from edge to edge of a range: as that of floats. */
export function extendedHistogramGrowth(
  kind: GrowthKind,
  metric: string,
  { timeMs, histogram }: HistogramRows,
  call: RangeCall,
): StepFunction {
  const smoothed = call.extent === 'smoothed'
  const add = adder(metric, call)
  return (view, out) => {
    const ends = rangeEnds(timeMs, view.histogramFrom, view.histogramTo, view, smoothed)
    if (ends === undefined || !isOfKind(ends.first, ends.last)) return
    const { first, last } = ends
    const isBefore = smoothed && timeMs[first] < view.startMs
    const isBeyond = smoothed && last > view.histogramFrom && timeMs[last] > view.endMs
    const left = isBefore ? at(first, view.startMs) : histogram[first]
    const right = isBeyond ? at(last - 1, view.endMs) : histogram[last]
    if (left === undefined || right === undefined) return
    warnOfCounters(left, right)
    let grown = minus(right, left)
    for (const lost of kind.isCounter ? lostBetween(left, right, first, last, view) : []) grown = add(grown, lost)
    if (grown === undefined) return
    const gauge = compactHistogram({ ...grown, counterReset: 'gauge' })
    out.setHistogram(view.step, kind.perSecond ? divideHistogram(gauge, call.rangeMs / 1000) : gauge)
  }

  function at(row: number, atMs: number): NativeHistogram | undefined {
    const before = { timeMs: timeMs[row], histogram: histogram[row] }
    const after = { timeMs: timeMs[row + 1], histogram: histogram[row + 1] }
    return interpolatedHistogram(before, after, atMs, kind.isCounter, metric, call)
  }

  function minus(a: NativeHistogram, b: NativeHistogram): NativeHistogram | undefined {
    const difference = subtractHistograms(a, b)
    if (difference === undefined) call.annotations.warn(WARNING.mixedExponentialCustom(metric), call.span)
    else if (difference.boundsReconciled)
      call.annotations.inform(INFO.mismatchedCustomBuckets('subtraction'), call.span)
    return difference?.histogram
  }

  function isOfKind(first: number, last: number): boolean {
    const seen = histogram.slice(first, last + 1)
    const custom = hasCustomBuckets(seen[0])
    for (const one of seen) {
      if (hasCustomBuckets(one) !== custom) {
        call.annotations.warn(WARNING.mixedExponentialCustom(metric), call.span)
        return false
      }
      if (kind.isCounter && one.counterReset === 'gauge') call.annotations.warn(WARNING.notCounter(metric), call.span)
    }
    return true
  }

  function warnOfCounters(left: NativeHistogram, right: NativeHistogram): void {
    if (kind.isCounter || (left.counterReset === 'gauge' && right.counterReset === 'gauge')) return
    call.annotations.warn(WARNING.notGauge(metric), call.span)
  }

  /**
   * What was counted before each reset between the edges. The row of an edge stands for the edge itself: it is never
   * compared with itself, whatever it is known to be.
   */
  function lostBetween(
    left: NativeHistogram,
    right: NativeHistogram,
    first: number,
    last: number,
    view: RangeView,
  ): NativeHistogram[] {
    let from = first + 1
    let previous = left
    if (smoothed && timeMs[first] < view.startMs && detectReset(histogram[first + 1], histogram[first])) {
      // The edge was interpolated across this reset.
      previous = histogram[from++]
    }
    if (from > last) return []
    const lost: NativeHistogram[] = []
    for (const one of [...histogram.slice(from, last), right]) {
      if (detectReset(one, previous)) lost.push(previous)
      previous = one
    }
    return lost
  }
}

/** The histogram between two others; undefined, and a warning, if they do not mix. */
export function interpolatedHistogram(
  before: { timeMs: number; histogram: NativeHistogram },
  after: { timeMs: number; histogram: NativeHistogram },
  atMs: number,
  isCounter: boolean,
  metric: string,
  noted: Noted,
): NativeHistogram | undefined {
  if (atMs === before.timeMs) return before.histogram
  if (atMs === after.timeMs) return after.histogram
  if (hasCustomBuckets(before.histogram) !== hasCustomBuckets(after.histogram)) {
    noted.annotations.warn(WARNING.mixedExponentialCustom(metric), noted.span)
    return undefined
  }
  const fraction = (atMs - before.timeMs) / (after.timeMs - before.timeMs)
  if (isCounter && detectReset(after.histogram, before.histogram)) return scaleHistogram(after.histogram, fraction)
  const difference = subtractHistograms(after.histogram, before.histogram)
  if (difference === undefined) {
    noted.annotations.warn(WARNING.mixedExponentialCustom(metric), noted.span)
    return undefined
  }
  if (difference.boundsReconciled) noted.annotations.inform(INFO.mismatchedCustomBuckets('subtraction'), noted.span)
  const between = adder(metric, noted)(scaleHistogram(difference.histogram, fraction), before.histogram)
  // What lies between two counters is a counter, though their difference is a gauge.
  const { counterReset } = joinCounterResets(before.histogram.counterReset, after.histogram.counterReset)
  return between && { ...between, counterReset }
}

function adder(metric: string, { annotations, span }: Noted) {
  return (a: NativeHistogram | undefined, b: NativeHistogram): NativeHistogram | undefined => {
    if (a === undefined) return undefined
    const sum = addHistograms(a, b)
    if (sum === undefined) annotations.warn(WARNING.mixedExponentialCustom(metric), span)
    else if (sum.boundsReconciled) annotations.inform(INFO.mismatchedCustomBuckets('addition'), span)
    return sum?.histogram
  }
}
