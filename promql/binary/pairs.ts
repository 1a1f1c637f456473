import type { Binary, VectorMatching } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import type { StepSeries } from '../evaluate/values.js'
import { dropLabels, dropMetadata, keepLabels, type LabelSet, labelsKey, labelValue, setLabel } from '../labels.js'
import { LABELS_WORK, Pace } from '../pace.js'
import type { Claims } from './combine.js'
import type { Matches, MatchGroup } from './match.js'
import { ARITHMETIC } from './operators.js'

/** Two series to combine. A side left out is filled in at the steps where the other is alone. */
export interface Pair {
  group: MatchGroup
  /** Of the side that may have many series in a group. */
  many: StepSeries | undefined
  one: StepSeries | undefined
  /** Of the result. */
  labels: LabelSet
  /** Set where another pair could come to the same result at the same step. */
  claims: Claims | undefined
}

/**
 * Every pair of series that match, the many side in its order, then the pairs whose many side is filled in.
 * @param left series of the many side, as they were matched
 */
export async function planPairs(
  expr: Binary,
  matching: VectorMatching,
  left: readonly StepSeries[],
  { groups, ofLeft }: Matches,
  context: EvalContext,
): Promise<Pair[]> {
  const pace = new Pace(context)
  const labelsOf = resultLabels(expr, matching)
  const pairs: Pair[] = []
  const add = (group: MatchGroup, many: StepSeries | undefined, one: StepSeries | undefined) => {
    const labels = labelsOf(many?.labels ?? group.labels, one?.labels ?? group.labels)
    pairs.push({ group, many, one, labels, claims: undefined })
  }
  for (const [i, many] of left.entries()) {
    if (pace.owes(LABELS_WORK * ofLeft[i].right.length)) await pace.settle()
    for (const one of ofLeft[i].right) add(ofLeft[i], many, one)
    if (matching.fill?.right !== undefined) add(ofLeft[i], many, undefined)
  }
  stakeClaims(pairs, matching)
  if (matching.fill?.left !== undefined) {
    for (const group of groups) for (const one of group.right) add(group, undefined, one)
  }
  return pairs
}

/** The labels of a result, from those of the many and the one side. */
function resultLabels(expr: Binary, matching: VectorMatching): (many: LabelSet, one: LabelSet) => LabelSet {
  const names = new Set(matching.labels)
  const { cardinality, on, include } = matching
  return (many, one) => {
    let labels = ARITHMETIC[expr.op] ? dropMetadata(many) : many
    if (cardinality === 'one-to-one') labels = on ? keepLabels(labels, names) : dropLabels(labels, names)
    for (const name of include) labels = setLabel(labels, name, labelValue(one, name))
    return labels
  }
}

/**
 * One to one, a step may be used once in a group; many to one, once for the same labels. Where only one series of the
 * many side can come there no claims are needed, unless those who fill it in must know the steps that were used.
 */
function stakeClaims(pairs: readonly Pair[], { cardinality, fill }: VectorMatching): void {
  const isOneToOne = cardinality === 'one-to-one'
  const owners = new Map<MatchGroup, Map<string, { pairs: Pair[]; isContested: boolean }>>()
  for (const pair of pairs) {
    const { group, many } = pair
    if (group.left.length < 2 && fill?.left === undefined) continue
    const inGroup = owners.get(group) ?? new Map<string, { pairs: Pair[]; isContested: boolean }>()
    owners.set(group, inGroup)
    const key = isOneToOne ? '' : labelsKey(pair.labels)
    const rivals = inGroup.get(key) ?? { pairs: [], isContested: fill?.left !== undefined }
    inGroup.set(key, rivals)
    if (rivals.pairs.length > 0 && rivals.pairs[0].many !== many) rivals.isContested = true
    rivals.pairs.push(pair)
  }
  const collision = isOneToOne
    ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
    : 'multiple matches for labels: grouping labels must ensure unique matches'
  for (const [group, inGroup] of owners) {
    for (const rivals of inGroup.values()) {
      if (!rivals.isContested) continue
      const claims = { steps: new Uint8Array(group.steps), collision }
      group.claims.push(claims)
      for (const pair of rivals.pairs) pair.claims = claims
    }
  }
}
