import { executionError } from '../../errors.js'
import type { EvalContext } from '../../evaluate/context.js'
import { ABSENT, HISTOGRAM, type StepSeries } from '../../evaluate/values.js'
import { formatLabels, labelValue, METRIC_NAME } from '../../labels.js'

/** The series of one info metric about one thing, and which of them holds at each step (-1: none). */
export interface InfoColumn {
  series: StepSeries[]
  chosen: Int32Array
}

/**
 * Info series by what they are about, one column for each info metric; where two series of a metric are about the same
 * thing, the one with the newer sample holds.
 * @param times info series with the times of their samples as values
 * @param about the identities that are asked for: others are left out
 * @throws TM_QUERY_EXECUTION for histograms, and for two samples of the same time
 */
export async function infoColumns(
  times: readonly StepSeries[],
  about: ReadonlySet<string>,
  identity: (one: StepSeries) => string,
  context: EvalContext,
): Promise<ReadonlyMap<string, InfoColumn[]>> {
  const columns = new Map<string, Map<string, InfoColumn>>()
  for (const one of times) {
    const key = identity(one)
    if (!about.has(key)) continue
    await context.spend(one.present.length)
    const metrics = columns.get(key) ?? new Map<string, InfoColumn>()
    columns.set(key, metrics)
    const name = labelValue(one.labels, METRIC_NAME)
    const column = metrics.get(name) ?? { series: [], chosen: new Int32Array(one.present.length).fill(-1) }
    metrics.set(name, column)
    add(column, one)
  }
  return new Map([...columns].map(([key, metrics]) => [key, [...metrics.values()]]))
}

function add({ series, chosen }: InfoColumn, one: StepSeries): void {
  const at = series.push(one) - 1
  for (let step = 0; step < chosen.length; step++) {
    if (one.present[step] === ABSENT) continue
    if (one.present[step] === HISTOGRAM) throw executionError('info sample should be float')
    const other = series[chosen[step]]
    if (other && other.value[step] === one.value[step]) throw duplicate(other, one, step)
    if (!other || other.value[step] < one.value[step]) chosen[step] = at
  }
}

function duplicate(existing: StepSeries, added: StepSeries, step: number) {
  const described = (one: StepSeries) => `${formatLabels(one.labels)} @ ${one.value[step]}`
  return executionError(
    `found duplicate series for info metric: existing ${described(existing)}, new ${described(added)}`,
  )
}
