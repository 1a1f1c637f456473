import { WARNING } from '../../annotations.js'
import { ABSENT, FLOAT, StepSeries } from '../../evaluate/values.js'
import { compareLabels, labelValue } from '../../labels.js'
import type { VectorCall, VectorFunction } from '../function.js'
import { stringArgument, vectorArgument } from './arguments.js'
import { compareNaturally } from './natural-order.js'

/** The order of an instant query's answer. Those of a range are ordered by labels, whatever is said here. */
export const ORDER_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  sort: (call) => byValue(call, (a, b) => a - b),
  sort_desc: (call) => byValue(call, (a, b) => b - a),
  sort_by_label: (call) => byLabels(call, 1),
  sort_by_label_desc: (call) => byLabels(call, -1),
}

/** NaN comes last in either direction; histograms have no place in the order and are left out. */
async function byValue(call: VectorCall, compare: (a: number, b: number) => number) {
  warnOfRange(call)
  const series: StepSeries[] = []
  for (const one of vectorArgument(call, 0)) {
    await call.context.spend(1)
    const floats = floatsOf(one)
    if (!floats.isEmpty()) series.push(floats)
  }
  const rank = ({ value: [first] }: StepSeries) => (Number.isNaN(first) ? 1 : 0)
  series.sort(
    (a, b) => rank(a) - rank(b) || (rank(a) === 1 || a.value[0] === b.value[0] ? 0 : compare(a.value[0], b.value[0])),
  )
  return { type: 'vector' as const, series }
}

function floatsOf(one: StepSeries): StepSeries {
  if (one.histogram === undefined) return one
  const floats = new StepSeries(one.labels, one.present.length, one.dropName)
  for (let step = 0; step < one.present.length; step++) {
    if (one.present[step] === FLOAT) floats.setFloat(step, one.value[step])
  }
  return floats
}

/** By the values of the named labels in natural order, then by all labels. */
async function byLabels(call: VectorCall, direction: 1 | -1) {
  warnOfRange(call)
  const names = call.args.slice(1).map((_, at) => stringArgument(call, at + 1))
  const rows = vectorArgument(call, 0)
    .filter(({ present }) => present.some((kind) => kind !== ABSENT))
    .map((one) => ({ one, keys: names.map((name) => labelValue(one.labels, name)) }))
  await call.context.spend(rows.length)
  rows.sort((a, b) => {
    for (let i = 0; i < names.length; i++) {
      const order = compareNaturally(a.keys[i], b.keys[i])
      if (order !== 0) return direction * order
    }
    return direction * compareLabels(a.one.labels, b.one.labels)
  })
  return { type: 'vector' as const, series: rows.map(({ one }) => one) }
}

function warnOfRange({ expr, context: { grid, query, annotations } }: VectorCall): void {
  const isRange = grid === query ? query.endMs !== query.startMs : grid.steps > 1
  if (isRange) annotations.warn(WARNING.sortInRangeQuery(), expr.span)
}
