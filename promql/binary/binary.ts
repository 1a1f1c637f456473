import type { Binary, Unary } from '../ast.js'
import { executionError } from '../errors.js'
import type { EvalContext } from '../evaluate/context.js'
import { type Evaluated, FLOAT, HISTOGRAM, StepSeries } from '../evaluate/values.js'
import { scaleHistogram } from '../histogram/index.js'
import { type Column, combineColumns, type Operation } from './combine.js'
import { ARITHMETIC, COMPARISONS } from './operators.js'
import { combineSets } from './sets.js'
import { combineVectors } from './vectors.js'

/**
 * Applies a binary operator at each step. Sides are scalars or vectors, as the parser has checked; they are not changed.
 * @throws TM_QUERY_EXECUTION where series do not match as the query says, and what `context.spend` throws
 */
export async function evaluateBinary(
  expr: Binary,
  left: Evaluated,
  right: Evaluated,
  context: EvalContext,
): Promise<Evaluated> {
  if (left.type === 'string' || right.type === 'string') throw executionError('a string has no binary operators')
  if (left.type === 'scalar' && right.type === 'scalar') return combineScalars(expr, left.value, right.value)
  const { annotations } = context
  if (left.type === 'vector' && right.type === 'vector') {
    const isSet = expr.op === 'and' || expr.op === 'or' || expr.op === 'unless'
    const combine = isSet ? combineSets : combineVectors
    return { type: 'vector', series: await combine(expr, left.series, right.series, context) }
  }
  if (left.type === 'vector' && right.type === 'scalar') {
    const scalar = scalarColumn(right.value)
    const apply: Application = (series, result) => combineColumns({ expr, annotations }, series, scalar, result)
    return { type: 'vector', series: await eachSeries(expr, left.series, apply, context) }
  }
  if (left.type === 'scalar' && right.type === 'vector') {
    const scalar = scalarColumn(left.value)
    const operation: Operation = { expr, annotations, givesRight: true }
    const apply: Application = (series, result) => combineColumns(operation, scalar, series, result)
    return { type: 'vector', series: await eachSeries(expr, right.series, apply, context) }
  }
  throw executionError(`operator "${expr.op}" is not allowed between these types`)
}

/** Applies `+` or `-` to a scalar or a vector, which is not changed. The name goes with `-`. */
export async function evaluateUnary(expr: Unary, operand: Evaluated, context: EvalContext): Promise<Evaluated> {
  if (operand.type === 'string' || expr.op === '+') return operand
  if (operand.type === 'scalar') return { type: 'scalar', value: operand.value.map((value) => -value) }
  const series: StepSeries[] = []
  for (const one of operand.series) {
    await context.spend(one.present.length)
    series.push(negated(one))
  }
  return { type: 'vector', series }
}

function negated({ labels, present, value, histogram }: StepSeries): StepSeries {
  const result = new StepSeries(labels, present.length, true)
  for (let step = 0; step < present.length; step++) {
    const one = present[step] === HISTOGRAM ? histogram?.[step] : undefined
    if (one) result.setHistogram(step, scaleHistogram(one, -1))
    else if (present[step] === FLOAT) result.setFloat(step, -value[step])
  }
  return result
}

function combineScalars({ op }: Binary, left: Float64Array, right: Float64Array): Evaluated {
  const compute = ARITHMETIC[op]
  const holds = COMPARISONS[op]
  if (!compute && !holds) throw executionError(`operator "${op}" not allowed for Scalar operations`)
  const value = left.map((one, step) => compute?.(one, right[step]) ?? (holds?.(one, right[step]) ? 1 : 0))
  return { type: 'scalar', value }
}

type Application = (series: StepSeries, result: StepSeries) => void

/** Between a vector and a scalar each series stays by itself; only filtering leaves it its name. */
async function eachSeries(
  { op, returnBool }: Binary,
  operand: readonly StepSeries[],
  apply: Application,
  context: EvalContext,
): Promise<StepSeries[]> {
  const dropsName = returnBool || ARITHMETIC[op] !== undefined
  const results: StepSeries[] = []
  /** One that was left empty: most are, where few series satisfy a comparison. */
  let spare: StepSeries | undefined
  for (const series of operand) {
    const { labels, present } = series
    const wait = context.spend(present.length)
    if (wait) await wait
    const result: StepSeries = spare ?? new StepSeries(labels, present.length)
    result.labels = labels
    result.dropName = series.dropName || dropsName
    apply(series, result)
    spare = result.isEmpty() ? result : undefined
    if (!spare) results.push(result)
  }
  return results
}

function scalarColumn(value: Float64Array): Column {
  return { present: new Uint8Array(value.length).fill(FLOAT), value, histogram: undefined }
}
