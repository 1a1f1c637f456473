import type { Binary, VectorMatching } from '../ast.js'
import { executionError } from '../errors.js'
import type { EvalContext } from '../evaluate/context.js'
import { ABSENT, FLOAT, type StepSeries } from '../evaluate/values.js'
import { formatLabels, type LabelSet } from '../labels.js'
import { type Column, combineColumns } from './combine.js'
import { type MatchGroup, matchSeries, unionOf } from './match.js'
import { ARITHMETIC } from './operators.js'
import { planPairs } from './pairs.js'
import { ResultSeries } from './results.js'

const ONE_TO_ONE: VectorMatching = { cardinality: 'one-to-one', labels: [], on: false, include: [] }

/**
 * Arithmetic and comparisons between two vectors. Matches are found once; whether they are unique is judged at each
 * step, so that series which are never there together do not collide.
 * @throws TM_QUERY_EXECUTION where a match is not unique
 */
export async function combineVectors(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  context: EvalContext,
): Promise<StepSeries[]> {
  const matching = expr.matching ?? ONE_TO_ONE
  const { steps } = context.grid
  // From here on the left side is the many one. Fill values follow the sides, as they do in Prometheus.
  const isSwapped = matching.cardinality === 'one-to-many'
  const [many, one] = isSwapped ? [right, left] : [left, right]
  const matches = await matchSeries(matching, many, one, context)
  refuseDuplicates(matches.groups, many, matching, steps)

  const operation = { expr, annotations: context.annotations }
  const results = new ResultSeries(context)
  for (const { group, labels, claims, ...pair } of await planPairs(expr, matching, many, matches, context)) {
    await context.pace(steps)
    const manySide = pair.many ?? fillColumn(matching.fill?.left, claimedSteps(group))
    const oneSide = pair.one ?? fillColumn(matching.fill?.right, group.rightSteps)
    if (!manySide || !oneSide) continue
    const result = await results.of(labels, dropsName(expr, pair.many))
    if (isSwapped) combineColumns(operation, oneSide, manySide, result, claims)
    else combineColumns(operation, manySide, oneSide, result, claims)
  }
  return results.filled()
}

/** Arithmetic has removed the name at once; a comparison keeps the name of the many side if that would keep it. */
function dropsName({ op, returnBool }: Binary, many: StepSeries | undefined): boolean {
  return returnBool || (!ARITHMETIC[op] && many?.dropName === true)
}

/** The steps at which the group has a result that needed no filling of the many side. */
function claimedSteps({ claims, steps }: MatchGroup): Uint8Array {
  const claimed = new Uint8Array(steps)
  for (const one of claims) for (let step = 0; step < steps; step++) claimed[step] |= one.steps[step]
  return claimed
}

/** The fill value at all steps but those that are used; undefined if every step is. */
function fillColumn(fill: number | undefined, used: Uint8Array): Column | undefined {
  if (fill === undefined || !used.includes(0)) return undefined
  return {
    present: used.map((one) => (one ? ABSENT : FLOAT)),
    value: new Float64Array(used.length).fill(fill),
    histogram: undefined,
  }
}

/** The one side must have one series in each group, at every step at which anything can match. */
function refuseDuplicates(
  groups: readonly MatchGroup[],
  many: readonly StepSeries[],
  { cardinality, fill }: VectorMatching,
  steps: number,
): void {
  let anyMany: Uint8Array | undefined
  for (const { labels, right } of groups) {
    if (right.length < 2) continue
    anyMany ??= fill ? new Uint8Array(steps).fill(1) : unionOf(many, steps)
    const first = new Int32Array(steps).fill(-1)
    for (const [i, series] of right.entries()) {
      for (let step = 0; step < steps; step++) {
        if (series.present[step] === ABSENT || !anyMany[step]) continue
        if (first[step] === -1) first[step] = i
        else throw duplicates(labels, cardinality, series, right[first[step]])
      }
    }
  }
}

function duplicates(
  labels: LabelSet,
  cardinality: VectorMatching['cardinality'],
  series: StepSeries,
  before: StepSeries,
): Error {
  const side = cardinality === 'one-to-many' ? 'left' : 'right'
  return executionError(
    `found duplicate series for the match group ${formatLabels(labels)} on the ${side} hand-side of the operation: ` +
      `[${formatLabels(series.labels)}, ${formatLabels(before.labels)}]` +
      ';many-to-many matching not allowed: matching labels must be unique on one side',
  )
}
