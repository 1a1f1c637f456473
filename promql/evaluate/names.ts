import { executionError } from '../errors.js'
import { dropMetadata, labelsKey } from '../labels.js'
import type { Wait } from './budget.js'
import { ABSENT, HISTOGRAM, StepSeries } from './values.js'

/** Naming a series takes about as long as looking at so many samples. */
const SERIES_WORK = 100

/**
 * The end of delayed name removal: values that are no longer their metric's lose its name, type and unit. Series that
 * have become the same are one, if no step has a value of both.
 * @param pace is called between series
 * @throws TM_QUERY_EXECUTION if one has
 */
export async function withoutDroppedNames(
  series: readonly StepSeries[],
  pace: (samples: number) => Wait,
): Promise<StepSeries[]> {
  const byLabels = new Map<string, StepSeries>()
  for (const one of series) {
    const wait = pace(SERIES_WORK)
    if (wait) await wait
    const labels = one.dropName ? dropMetadata(one.labels) : one.labels
    const key = labelsKey(labels)
    const same = byLabels.get(key)
    if (same) byLabels.set(key, joined(same, one))
    else byLabels.set(key, labels === one.labels ? one : one.withLabels(labels, false))
  }
  return [...byLabels.values()]
}

function joined(a: StepSeries, b: StepSeries): StepSeries {
  const steps = a.present.length
  const both = new StepSeries(a.labels, steps)
  for (let step = 0; step < steps; step++) {
    if (a.present[step] !== ABSENT && b.present[step] !== ABSENT) {
      throw executionError('vector cannot contain metrics with the same labelset')
    }
    const there = a.present[step] === ABSENT ? b : a
    const histogram = there.histogram?.[step]
    if (there.present[step] === HISTOGRAM && histogram) both.setHistogram(step, histogram)
    else if (there.present[step] !== ABSENT) both.setFloat(step, there.value[step])
  }
  return both
}
