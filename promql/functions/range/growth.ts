import { WARNING } from '../../annotations.js'
import type { FloatRows } from '../../evaluate/range-series.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import { extendedFloatGrowth } from './extended-growth.js'
import { extendedHistogramGrowth } from './extended-histogram-growth.js'
import { floatGrowth } from './float-growth.js'
import type { RangeCall, RangeFunction, StepFunction } from './function.js'
import { histogramGrowth } from './histogram-growth.js'
import { holdsSeveral } from './weights.js'
import { eventGrowth, windowGrowth } from './window-growth.js'

/** What kind of growth is asked for. */
export interface GrowthKind {
  /** A fall is a reset; else it is a fall. */
  isCounter: boolean
  /** Per second, else over the whole range. */
  perSecond: boolean
}

/** rate, increase and delta. */
export const rate = growth({ isCounter: true, perSecond: true })
export const increase = growth({ isCounter: true, perSecond: false })
export const delta = growth({ isCounter: false, perSecond: false })

function growth(kind: GrowthKind): RangeFunction {
  return {
    ...(kind.isCounter && { ofCounters: true }),
    extents: ['anchored', 'smoothed'],
    of(series, call) {
      const metric = labelValue(series.labels, METRIC_NAME)
      const floats = floatsOf(kind, metric, series.floats, call)
      if (series.histograms.timeMs.length === 0) return floats
      const histograms = call.extent
        ? extendedHistogramGrowth(kind, metric, series.histograms, call)
        : histogramGrowth(kind, metric, series.histograms, call)
      return (view, out) => {
        const hasFloats = view.to > view.from
        const hasHistograms = view.histogramTo > view.histogramFrom
        if (hasFloats && hasHistograms) call.annotations.warn(WARNING.mixedFloatsHistograms(metric), call.span)
        else if (hasFloats) floats(view, out)
        else return histograms(view, out)
        return undefined
      }
    },
  }
}

function floatsOf(kind: GrowthKind, metric: string, rows: FloatRows, call: RangeCall): StepFunction {
  if (call.extent) return extendedFloatGrowth(kind, rows, call)
  const points = floatGrowth(kind, metric, rows, call)
  const { windows } = rows
  if (!windows) return points
  if (windows.kind === 'event') return kind.isCounter ? eventGrowth(kind, rows, windows, call) : points
  const several = windowGrowth(kind, rows, windows, call)
  return (view, out) => (holdsSeveral(windows, view.from, view.to) ? several(view, out) : points(view, out))
}
