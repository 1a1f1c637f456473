import type { Label } from '../../schemas/series/series.js'
import type { Aggregate } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import type { StepSeries } from '../evaluate/values.js'
import { dropLabels, keepLabels, type LabelSet, labelsKey, METRIC_NAME } from '../labels.js'
import { derivedOfLabels } from '../labels-memory.js'
import { LABELS_WORK, Pace } from '../pace.js'

/** The series that one result is made of. */
export interface Group {
  /** What the result is called. */
  labels: readonly Label[]
  /** True if a member's name is to go: a result that is grouped by name loses it with them. */
  dropName: boolean
  /** In the order of the operand. */
  members: StepSeries[]
}

/** Puts each series into its group; groups are in the order in which their first member stands. */
export async function groupSeries(
  expr: Aggregate,
  operand: readonly StepSeries[],
  context: EvalContext,
): Promise<Group[]> {
  const pace = new Pace(context)
  const kind = `${expr.without ? 'without' : 'by'} ${JSON.stringify(expr.labels)}`
  const { labels, groupOf } = await derivedOfLabels(kind, operand, () => assignGroups(expr, operand, pace))
  const groups = labels.map((one): Group => ({ labels: one, dropName: false, members: [] }))
  for (let i = 0; i < operand.length; i++) {
    if (pace.owes(1)) await pace.settle()
    const series = operand[i]
    const group = groups[groupOf[i]]
    group.members.push(series)
    if (series.dropName && !group.dropName && !series.isEmpty()) group.dropName = true
  }
  return groups
}

/** Which group each series belongs to, and the labels of the groups in the order of their first members. */
async function assignGroups(
  expr: Aggregate,
  operand: readonly StepSeries[],
  pace: Pace,
): Promise<{ labels: LabelSet[]; groupOf: Uint32Array }> {
  const labelsOf = groupLabels(expr)
  const numbers = new Map<string, number>()
  const groups: LabelSet[] = []
  const groupOf = new Uint32Array(operand.length)
  for (let i = 0; i < operand.length; i++) {
    if (pace.owes(LABELS_WORK)) await pace.settle()
    const labels = labelsOf(operand[i].labels)
    const key = labelsKey(labels)
    let number = numbers.get(key)
    if (number === undefined) {
      number = groups.push(labels) - 1
      numbers.set(key, number)
    }
    groupOf[i] = number
  }
  return { labels: groups, groupOf }
}

/** The labels that a series shares with its group. `without` drops the metric name too, as Prometheus does. */
export function groupLabels({ without, labels }: Pick<Aggregate, 'without' | 'labels'>): (set: LabelSet) => LabelSet {
  if (without) {
    const names = new Set([...labels, METRIC_NAME])
    return (set) => dropLabels(set, names)
  }
  if (labels.length === 0) return () => []
  const names = new Set(labels)
  return (set) => keepLabels(set, names)
}
