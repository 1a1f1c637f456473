import { firstAfter, type RangeSeries } from '../../evaluate/range-series.js'
import { equalHistograms } from '../../histogram/equal.js'
import { detectReset } from '../../histogram/reset.js'
import { HISTOGRAM_ROWS, HISTOGRAM_WORK, type RangeCall, type RangeFunction, type RangeView } from './function.js'
import { startsAnew } from './start-time.js'

/** Tells of a point and the one before it, given by row, whether the transition counts. */
interface Judge {
  floats(row: number): boolean
  histograms(row: number): boolean
}

/** How often the value changed. */
export const changes = countTransitions(({ floats: { value }, histograms: { histogram } }) => ({
  floats: (row) => value[row] !== value[row - 1] && !(Number.isNaN(value[row]) && Number.isNaN(value[row - 1])),
  histograms: (row) => !equalHistograms(histogram[row], histogram[row - 1]),
}))

/** How often a counter started anew. */
export const resets = countTransitions(({ floats, histograms }) => ({
  floats: (row) => floats.value[row] < floats.value[row - 1] || anew(floats, row),
  histograms: (row) => anew(histograms, row) || detectReset(histograms.histogram[row], histograms.histogram[row - 1]),
}))

function anew({ startMs, timeMs }: { startMs?: Float64Array; timeMs: Float64Array }, row: number): boolean {
  return startMs !== undefined && startsAnew(startMs[row - 1], timeMs[row - 1], startMs[row], timeMs[row])
}

/** A float after a histogram, or a histogram after a float, always counts. */
function countTransitions(judgeOf: (series: RangeSeries) => Judge): RangeFunction {
  return {
    extents: ['anchored'],
    of(series, call) {
      const judge = judgeOf(series)
      const hasHistograms = series.histograms.timeMs.length > 0
      return (view, out) => {
        const first = call.extent ? anchor(series, view) : view
        if (first === undefined) return undefined
        if (hasHistograms) {
          return mixedTransitions(series, first, view, judge, call).then((count) => out.setFloat(view.step, count))
        }
        let count = 0
        for (let row = first.from + 1; row < view.to; row++) count += judge.floats(row) ? 1 : 0
        return out.setFloat(view.step, count)
      }
    },
  }
}

type First = Pick<RangeView, 'from' | 'histogramFrom'>

/** Points in order of time: neighbours of one kind are neighbours among their kind as well. */
async function mixedTransitions(
  { floats, histograms }: RangeSeries,
  first: First,
  view: RangeView,
  judge: Judge,
  call: RangeCall,
): Promise<number> {
  let { from, histogramFrom } = first
  let previous: 'float' | 'histogram' | undefined
  let count = 0
  while (from < view.to || histogramFrom < view.histogramTo) {
    if ((from + histogramFrom) % HISTOGRAM_ROWS === 0) await call.pace(HISTOGRAM_ROWS * HISTOGRAM_WORK)
    const isFloat =
      histogramFrom >= view.histogramTo || (from < view.to && floats.timeMs[from] < histograms.timeMs[histogramFrom])
    const kind = isFloat ? 'float' : 'histogram'
    const counts = previous !== kind || (isFloat ? judge.floats(from) : judge.histograms(histogramFrom))
    if (previous !== undefined && counts) count++
    previous = kind
    if (isFloat) from++
    else histogramFrom++
  }
  return count
}

/**
 * An anchored range begins with the last point at or before its start, of whichever kind; undefined if none follows.
 */
function anchor({ floats, histograms }: RangeSeries, view: RangeView): First | undefined {
  const from = view.from + firstAfter(floats.timeMs.subarray(view.from, view.to), view.startMs)
  const histogramFrom =
    view.histogramFrom + firstAfter(histograms.timeMs.subarray(view.histogramFrom, view.histogramTo), view.startMs)
  if (from >= view.to && histogramFrom >= view.histogramTo) return undefined
  const floatMs = from > view.from ? floats.timeMs[from - 1] : Number.NEGATIVE_INFINITY
  const histogramMs =
    histogramFrom > view.histogramFrom ? histograms.timeMs[histogramFrom - 1] : Number.NEGATIVE_INFINITY
  if (floatMs === histogramMs) return { from, histogramFrom }
  return floatMs > histogramMs ? { from: from - 1, histogramFrom } : { from, histogramFrom: histogramFrom - 1 }
}
