import type { Label } from '../../schemas/series/series.js'
import type { Aggregate } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import type { StepSeries } from '../evaluate/values.js'
import { dropLabels, keepLabels, type LabelSet, labelsKey, METRIC_NAME } from '../labels.js'
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
  const groups = new Map<string, Group>()
  const labelsOf = groupLabels(expr)
  for (const series of operand) {
    if (pace.owes(LABELS_WORK)) await pace.settle()
    const labels = labelsOf(series.labels)
    const key = labelsKey(labels)
    let group = groups.get(key)
    if (!group) {
      group = { labels, dropName: false, members: [] }
      groups.set(key, group)
    }
    group.members.push(series)
    if (series.dropName && !group.dropName && !series.isEmpty()) group.dropName = true
  }
  return [...groups.values()]
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
