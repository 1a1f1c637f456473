import { histogramOfSketch } from '../promql/histogram/from-sketch.js'
import type { WindowedSeries } from '../schemas/ports/series-source.js'
import { Sketch } from '../schemas/sketch/sketch.js'

/** Puts the windows' distributions into a series' rows, as the virtual metric `:histogram` has them. */
export function asHistograms(series: WindowedSeries): void {
  const { windows } = series
  if (!windows) return
  series.histogram = Array.from(windows.count, (count, i) => {
    if (!(count > 0)) return undefined
    return histogramOfSketch(windows.sketch?.[i] ?? Sketch.of(windows.min[i], count), count, windows.sum[i])
  })
}
