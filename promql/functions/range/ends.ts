import type { RangeFunction } from './function.js'

/** The first and the last point. */
export const firstOverTime: RangeFunction = {
  keepsName: true,
  of({ floats: { timeMs, value, windows }, histograms }) {
    return (view, out) => {
      const { from, histogramFrom } = view
      const hasFloat = from < view.to
      const hasHistogram = histogramFrom < view.histogramTo
      if (hasHistogram && !(hasFloat && timeMs[from] < histograms.timeMs[histogramFrom])) {
        out.setHistogram(view.step, histograms.histogram[histogramFrom])
      } else {
        const isWindow = windows !== undefined && windows.count[from] > 0
        out.setFloat(view.step, isWindow ? windows.first[from] : value[from])
      }
    }
  },
}

export const lastOverTime: RangeFunction = {
  keepsName: true,
  of({ floats: { timeMs, value }, histograms }) {
    return (view, out) => {
      const last = view.to - 1
      const histogramLast = view.histogramTo - 1
      const hasFloat = last >= view.from
      const hasHistogram = histogramLast >= view.histogramFrom
      if (hasHistogram && !(hasFloat && timeMs[last] > histograms.timeMs[histogramLast])) {
        out.setHistogram(view.step, histograms.histogram[histogramLast])
      } else {
        out.setFloat(view.step, value[last])
      }
    }
  },
}

/** When they were seen, in seconds. */
export const tsOfFirstOverTime: RangeFunction = {
  of({ floats: { timeMs, windows }, histograms }) {
    const firstMs = windows?.firstMs ?? timeMs
    return (view, out) => {
      const float = view.from < view.to ? firstMs[view.from] : Number.POSITIVE_INFINITY
      const histogram =
        view.histogramFrom < view.histogramTo ? histograms.timeMs[view.histogramFrom] : Number.POSITIVE_INFINITY
      out.setFloat(view.step, Math.min(float, histogram) / 1000)
    }
  },
}

export const tsOfLastOverTime: RangeFunction = {
  of({ floats: { timeMs }, histograms }) {
    return (view, out) => {
      const float = view.from < view.to ? timeMs[view.to - 1] : Number.NEGATIVE_INFINITY
      const histogram =
        view.histogramFrom < view.histogramTo ? histograms.timeMs[view.histogramTo - 1] : Number.NEGATIVE_INFINITY
      out.setFloat(view.step, Math.max(float, histogram) / 1000)
    }
  },
}
