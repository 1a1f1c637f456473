import type { HistogramBuckets, NativeHistogram } from '../../schemas/histogram.js'
import type { BucketRun, Sketch } from '../../schemas/sketch/sketch.js'

/**
 * The distribution of windows as a native histogram. Both have the same buckets; bucket i of a sketch is (base^i,
 * base^(i+1)], which Prometheus counts as i + 1. What windows hold does not add up over time: it is a gauge.
 * @param count weight of the windows' finite values
 * @param sum of these values
 */
export function histogramOfSketch(sketch: Sketch, count: number, sum: number): NativeHistogram {
  return {
    schema: sketch.schema,
    zeroThreshold: 0,
    zeroCount: sketch.zeroCount,
    count,
    sum,
    positive: bucketsOf(sketch.positive),
    negative: bucketsOf(sketch.negative),
    counterReset: 'gauge',
  }
}

function bucketsOf(run: BucketRun): HistogramBuckets {
  const index: number[] = []
  const count: number[] = []
  for (let i = 0; i < run.length; i++) {
    if (run.counts[i] === 0) continue
    index.push(run.offset + i + 1)
    count.push(run.counts[i])
  }
  return { index, count }
}
