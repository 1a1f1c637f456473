import type { NativeHistogram } from '../../schemas/histogram.js'
import { type Annotations, INFO } from '../annotations.js'
import type { Binary } from '../ast.js'
import { executionError } from '../errors.js'
import { ABSENT, FLOAT, HISTOGRAM, type StepSeries } from '../evaluate/values.js'
import { combineHistograms } from './histograms.js'
import { ARITHMETIC, COMPARISONS } from './operators.js'

/** What stands on one side at each step: the columns of a series, of a scalar or of a fill value. */
export type Column = Pick<StepSeries, 'present' | 'value' | 'histogram'>

/** Steps that have a result already, or had one that a comparison then left out, and what to say to a second one. */
export interface Claims {
  steps: Uint8Array
  collision: string
}

/** A binary operator, ready to be applied to many pairs of columns. */
export interface Operation {
  expr: Pick<Binary, 'op' | 'returnBool' | 'span'>
  annotations: Annotations
  /** A comparison that holds gives the right side's value: the scalar stands on the left. */
  givesRight?: boolean
}

const SAME_LABELSET = 'vector cannot contain metrics with the same labelset'

/**
 * Applies the operator at each step where both sides have something.
 * @param claims set where a second pair of columns could meet the same steps
 * @throws TM_QUERY_EXECUTION if `result` has something at such a step already
 */
export function combineColumns(
  operation: Operation,
  left: Column,
  right: Column,
  result: StepSeries,
  claims?: Claims,
): void {
  const { op, returnBool } = operation.expr
  const onlyFloats = !left.histogram && !right.histogram && !claims
  const arithmetic = ARITHMETIC[op]
  const comparison = COMPARISONS[op]
  if (onlyFloats && arithmetic) computeFloats(arithmetic, left, right, result)
  else if (onlyFloats && comparison && returnBool) {
    computeFloats((l, r) => (comparison(l, r) ? 1 : 0), left, right, result)
  } else if (onlyFloats && comparison) {
    filterFloats(comparison, left, right, operation.givesRight ? right : left, result)
  } else combineStepwise(operation, left, right, result, claims)
}

function computeFloats(
  compute: (left: number, right: number) => number,
  left: Column,
  right: Column,
  { present, value }: StepSeries,
): void {
  for (let step = 0; step < present.length; step++) {
    if ((left.present[step] & right.present[step]) !== FLOAT) continue
    if (present[step] !== ABSENT) throw executionError(SAME_LABELSET)
    present[step] = FLOAT
    value[step] = compute(left.value[step], right.value[step])
  }
}

function filterFloats(
  holds: (left: number, right: number) => boolean,
  left: Column,
  right: Column,
  given: Column,
  { present, value }: StepSeries,
): void {
  for (let step = 0; step < present.length; step++) {
    if ((left.present[step] & right.present[step]) !== FLOAT) continue
    if (!holds(left.value[step], right.value[step])) continue
    if (present[step] !== ABSENT) throw executionError(SAME_LABELSET)
    present[step] = FLOAT
    value[step] = given.value[step]
  }
}

/** The general way: histograms among the values, or steps that more than one pair may claim. */
function combineStepwise(
  operation: Operation,
  left: Column,
  right: Column,
  result: StepSeries,
  claims: Claims | undefined,
): void {
  for (let step = 0; step < result.present.length; step++) {
    if (left.present[step] === ABSENT || right.present[step] === ABSENT) continue
    const outcome = combineValues(operation, valueAt(left, step), valueAt(right, step))
    if (!outcome) continue
    if (claims) {
      if (claims.steps[step]) throw executionError(claims.collision)
      claims.steps[step] = 1
    }
    const value = operation.expr.returnBool ? Number(outcome.holds) : outcome.value
    if (!outcome.holds && !operation.expr.returnBool) continue
    if (result.present[step] !== ABSENT) throw executionError(SAME_LABELSET)
    if (typeof value === 'number') result.setFloat(step, value)
    else result.setHistogram(step, value)
  }
}

interface Outcome {
  value: number | NativeHistogram
  holds: boolean
}

function combineValues(
  { expr, annotations, givesRight }: Operation,
  left: number | NativeHistogram,
  right: number | NativeHistogram,
): Outcome | undefined {
  if (typeof left !== 'number' || typeof right !== 'number') {
    const outcome = combineHistograms(expr, left, right, annotations)
    return outcome && { value: outcome.histogram, holds: outcome.holds }
  }
  const compute = ARITHMETIC[expr.op]
  if (compute) return { value: compute(left, right), holds: true }
  const holds = COMPARISONS[expr.op]
  if (holds) return { value: givesRight ? right : left, holds: holds(left, right) }
  annotations.inform(INFO.incompatibleTypes('float', expr.op, 'float'), expr.span)
  return undefined
}

function valueAt({ present, value, histogram }: Column, step: number): number | NativeHistogram {
  const one = present[step] === HISTOGRAM ? histogram?.[step] : undefined
  return one ?? value[step]
}
