import type { NativeHistogram } from '../../../schemas/histogram.js'
import { WARNING } from '../../annotations.js'
import type { Span } from '../../ast.js'
import { executionError } from '../../errors.js'
import type { EvalContext } from '../../evaluate/context.js'
import { ABSENT, HISTOGRAM, StepSeries } from '../../evaluate/values.js'
import { type LabelSet, labelsKey, labelValue, METRIC_NAME } from '../../labels.js'
import { Pace } from '../../pace.js'
import type { ClassicBuckets } from './classic-buckets.js'
import { groupHistograms, type HistogramGroup } from './groups.js'

/** A number taken of each histogram of a vector, native or classic. */
export interface Measure {
  ofNative(histogram: NativeHistogram, step: number, metric: string): number
  ofClassic(buckets: ClassicBuckets, step: number, metric: string): number
  /** Labels of the result, where they are not those of the histogram. */
  resultLabels?(labels: LabelSet, step: number): LabelSet
}

/**
 * Takes measures of the histograms in a vector, each a series of the result. A native histogram and classic buckets of
 * the same name and labels at one step give no result but a warning.
 * @throws TM_QUERY_EXECUTION if two measures give results of the same labels
 */
export async function measureHistograms(
  vector: readonly StepSeries[],
  span: Span,
  measures: readonly Measure[],
  context: EvalContext,
): Promise<{ type: 'vector'; series: StepSeries[] }> {
  const { steps } = context.grid
  const results = new Map<string, StepSeries>()
  const resultOf = (labels: LabelSet) => {
    const key = labelsKey(labels)
    const result = results.get(key) ?? new StepSeries(labels, steps, true)
    results.set(key, result)
    return result
  }
  const pace = new Pace(context)
  for (const group of groupHistograms(vector, span, context)) {
    if (pace.owes(steps * measures.length)) await pace.settle()
    const metric = labelValue(group.labels, METRIC_NAME)
    const targets = measures.map((measure) => (measure.resultLabels ? undefined : resultOf(group.labels)))
    for (let step = 0; step < steps; step++) {
      const take = takerAt(group, step, metric)
      if (take === 'mixed') context.annotations.warn(WARNING.mixedClassicNative(metric), span)
      else if (take) {
        measures.forEach((measure, i) => {
          const result = targets[i] ?? resultOf(measure.resultLabels?.(group.labels, step) ?? group.labels)
          if (result.present[step] !== ABSENT)
            throw executionError('vector cannot contain metrics with the same labelset')
          result.setFloat(step, take(measure))
        })
      }
    }
  }
  await pace.settle()
  return { type: 'vector', series: [...results.values()].filter((series) => !series.isEmpty()) }
}

/** How a measure is taken at a step; undefined if there is no histogram. */
function takerAt(
  { native, classic }: HistogramGroup,
  step: number,
  metric: string,
): 'mixed' | ((measure: Measure) => number) | undefined {
  classic?.load(step)
  const histogram = native?.present[step] === HISTOGRAM ? native.histogram?.[step] : undefined
  const hasClassic = classic !== undefined && classic.length > 0
  if (histogram) return hasClassic ? 'mixed' : (measure) => measure.ofNative(histogram, step, metric)
  return hasClassic ? (measure) => measure.ofClassic(classic, step, metric) : undefined
}
