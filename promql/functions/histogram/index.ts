import { histogramVariance } from '../../histogram/index.js'
import type { VectorFunction } from '../function.js'
import { eachHistogram } from './each-histogram.js'
import { fraction } from './fraction.js'
import { quantile, quantiles } from './quantile.js'

/** Functions of histograms, native ones and classic ones made of `le` buckets. */
export const HISTOGRAM_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  histogram_quantile: quantile,
  histogram_quantiles: quantiles,
  histogram_fraction: fraction,
  histogram_avg: eachHistogram(({ sum, count }) => sum / count),
  histogram_count: eachHistogram(({ count }) => count),
  histogram_sum: eachHistogram(({ sum }) => sum),
  histogram_stddev: eachHistogram((histogram) => Math.sqrt(histogramVariance(histogram))),
  histogram_stdvar: eachHistogram(histogramVariance),
}
