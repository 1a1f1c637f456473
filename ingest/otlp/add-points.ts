import { Kind } from '../../schemas/points.js'
import { addClassic, addCumulative, addObservations } from '../histogram/add-histogram.js'
import { plainText } from '../histogram/bound-text.js'
import type { CumulativeHistograms } from '../histogram/cumulative.js'
import { histogramFault } from '../histogram/exponential.js'
import type { SeriesFamily } from '../histogram/series-family.js'
import type { PointSink } from '../sink.js'
import { BadPointError, type DataPoint, type MetricType } from './data-point.js'

/** Where a data point goes. */
export interface PointTarget {
  sink: PointSink
  family: SeriesFamily
  isDelta: boolean
  states: CumulativeHistograms
}

/** What a data point of each type becomes. @throws BadPointError */
export const addPoint: Readonly<Record<MetricType, (point: DataPoint, target: PointTarget) => void>> = {
  gauge: addNumber,
  sum: addNumber,
  histogram: addHistogram,
  exponential: addExponential,
  summary: addSummary,
}

/** Readings of gauges and cumulative sums; deltas are occurrences, of which each counts. */
function addNumber(point: DataPoint, { sink, family, isDelta }: PointTarget): void {
  if (point.hasNoValue) {
    const handle = isDelta ? -1 : family.bare(sink, Kind.Sample)
    if (handle !== -1) sink.addStale(handle, point.timeMs)
    return
  }
  if (point.value === undefined) throw new BadPointError('the data point has neither asDouble nor asInt')
  const handle = family.bare(sink, isDelta ? Kind.EventCounter : Kind.Sample)
  if (handle !== -1) sink.add(handle, point.timeMs, point.value, 1)
}

/** Classic series; those of a delta are occurrences. Min and max have no series in Prometheus. */
function addHistogram(point: DataPoint, { sink, family, isDelta }: PointTarget): void {
  if (point.hasNoValue) {
    if (!isDelta) endReadings(point, family, sink)
    return
  }
  const { timeMs, count, sum, bounds, values: bucketCounts } = point
  if (bucketCounts.length !== bounds.length + 1 && bucketCounts.length + bounds.length > 0) {
    throw new BadPointError(
      `the histogram has ${bucketCounts.length} bucket counts, its ${bounds.length} bounds need ${bounds.length + 1}`,
    )
  }
  for (let i = 0; i < bounds.length; i++) {
    if (Number.isNaN(bounds[i]) || bounds[i] <= bounds[i - 1])
      throw new BadPointError('the bounds of the histogram do not ascend')
  }
  addClassic(
    sink,
    family,
    isDelta ? Kind.EventCounter : Kind.Sample,
    { timeMs, count, sum, bounds, bucketCounts },
    plainText,
  )
}

/** The distribution becomes observations of the bare name; of a cumulative one, those since the one before. */
function addExponential(point: DataPoint, { sink, family, isDelta, states }: PointTarget): void {
  if (point.hasNoValue) {
    if (!isDelta) endReadings(point, family, sink)
    return
  }
  const { exponential, startMs, timeMs } = point
  const fault = histogramFault(exponential)
  if (fault !== undefined) throw new BadPointError(fault)
  if (isDelta) addObservations(sink, family, timeMs, exponential)
  else addCumulative(sink, family, states, exponential, startMs, timeMs)
}

/** A reading for each quantile, and `_sum` and `_count`. */
function addSummary(point: DataPoint, { sink, family }: PointTarget): void {
  if (point.hasNoValue) {
    endReadings(point, family, sink)
    return
  }
  const add = (handle: number, value: number) => {
    if (handle !== -1) sink.add(handle, point.timeMs, value, 1)
  }
  add(family.suffixed(sink, Kind.Sample, '_sum'), point.sum ?? 0)
  add(family.suffixed(sink, Kind.Sample, '_count'), point.count)
  point.bounds.forEach((quantile, i) => {
    add(family.labelled(sink, Kind.Sample, '', ['quantile', plainText(quantile)]), point.values[i])
  })
}

/** Staleness markers for every reading of the point that is known, and in any case for its count. */
function endReadings(point: DataPoint, family: SeriesFamily, sink: PointSink): void {
  const count = family.suffixed(sink, Kind.Sample, '_count')
  if (count === -1) return
  for (const handle of new Set([count, ...family.known()])) sink.addStale(handle, point.timeMs)
}
