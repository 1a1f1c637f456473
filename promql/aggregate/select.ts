import { INFO, WARNING } from '../annotations.js'
import type { Aggregate } from '../ast.js'
import { executionError } from '../errors.js'
import type { EvalContext } from '../evaluate/context.js'
import { ABSENT, FLOAT, HISTOGRAM, StepSeries } from '../evaluate/values.js'
import { formatG } from '../print/number.js'
import type { Group } from './group.js'
import { labelsFraction } from './labels-fraction.js'
import { rangeOf, spanOf } from './parameter.js'
import { Ranking } from './ranking.js'

/** Steps that are looked at together, and at most so many samples in them: a millisecond or two of work. */
const BLOCK_STEPS = 64
const BLOCK_SAMPLES = 1 << 17

/**
 * The aggregations that let some series of a group through as they are: topk, bottomk, limitk, limit_ratio. At a single
 * step the answer of topk and bottomk is in order of the values; over many steps it is in the operand's order.
 * @param param k or the ratio, at each step
 */
export async function selectSeries(
  expr: Aggregate,
  groups: readonly Group[],
  param: Float64Array,
  context: EvalContext,
): Promise<StepSeries[]> {
  if (!isWanted(expr, param, context)) return []
  const { steps } = context.grid
  const selected: StepSeries[] = []
  for (const { members } of groups) {
    const choose = chooser(expr, members, param, context)
    const results: (StepSeries | undefined)[] = []
    const order: number[] = []
    const block = Math.max(1, Math.min(BLOCK_STEPS, Math.floor(BLOCK_SAMPLES / members.length)))
    for (let from = 0; from < steps; from += block) {
      const chosen = choose(from, Math.min(from + block, steps))
      await context.pace(members.length * chosen.length)
      for (const [at, numbers] of chosen.entries()) {
        for (const i of numbers) {
          let result = results[i]
          if (!result) {
            await context.spend(steps)
            result = new StepSeries(members[i].labels, steps, members[i].dropName)
            results[i] = result
            order.push(i)
          }
          copySample(members[i], result, from + at)
        }
      }
    }
    if (steps > 1) order.sort((a, b) => a - b)
    for (const i of order) selected.push(results[i] as StepSeries)
  }
  return selected
}

/** Checks the parameter as Prometheus does, before any series is looked at; false if nothing can be selected. */
function isWanted(expr: Aggregate, param: Float64Array, { annotations }: EvalContext): boolean {
  const { min, max, hasNaN } = rangeOf(param)
  if (expr.op === 'limit_ratio') {
    if (hasNaN) throw executionError('Ratio value is NaN')
    const span = spanOf(expr.param ?? expr)
    if (max > 1) annotations.warn(WARNING.invalidRatio(max, 1), span)
    if (min < -1) annotations.warn(WARNING.invalidRatio(min, -1), span)
    return min !== 0 || max !== 0
  }
  if (hasNaN) throw executionError('Parameter value is NaN')
  if (max < 1) return false
  if (min <= -(2 ** 63)) throw executionError(`Scalar value ${formatG(min)} underflows int64`)
  if (max >= 2 ** 63) throw executionError(`Scalar value ${formatG(max)} overflows int64`)
  return true
}

/** The members that are let through at each step of a block, as their numbers. */
type Chooser = (from: number, to: number) => number[][]

function chooser(
  expr: Aggregate,
  members: readonly StepSeries[],
  param: Float64Array,
  { annotations }: EvalContext,
): Chooser {
  if (expr.op === 'limit_ratio') {
    const fractions = Float64Array.from(members, ({ labels }) => labelsFraction(labels))
    return stepwise((step) => withinRatio(members, step, param[step], fractions))
  }
  if (expr.op === 'limitk') return stepwise((step) => firstOf(members, step, Math.trunc(param[step])))
  const which = expr.op === 'bottomk' ? 'bottomk' : 'topk'
  return (from, to) =>
    ranked(members, param.subarray(from, to), from, which, () =>
      annotations.inform(INFO.histogramIgnored(which), expr.span),
    )
}

const stepwise =
  (choose: (step: number) => number[]): Chooser =>
  (from, to) =>
    Array.from({ length: to - from }, (_, i) => choose(from + i))

/** Ranks many steps at once: each series' values are read in a row. */
function ranked(
  members: readonly StepSeries[],
  k: Float64Array,
  from: number,
  which: 'topk' | 'bottomk',
  onIgnored: () => void,
): number[][] {
  const rankings = Array.from(k, (capacity) => new Ranking(which, Math.max(0, Math.trunc(capacity))))
  for (let i = 0; i < members.length; i++) {
    const { present, value } = members[i]
    for (let at = 0; at < k.length; at++) {
      const kind = present[from + at]
      if (kind === FLOAT) rankings[at].offer(i, value[from + at])
      else if (kind === HISTOGRAM && k[at] >= 1) onIgnored()
    }
  }
  return rankings.map((ranking) => ranking.best())
}

function firstOf(members: readonly StepSeries[], step: number, k: number): number[] {
  const first: number[] = []
  for (let i = 0; i < members.length && first.length < k; i++) if (members[i].present[step] !== ABSENT) first.push(i)
  return first
}

/** A ratio below 0 takes the others: limit_ratio(r) and limit_ratio(r - 1) together give every series once. */
function withinRatio(members: readonly StepSeries[], step: number, ratio: number, fractions: Float64Array): number[] {
  const within: number[] = []
  const limit = ratio >= 0 ? Math.min(ratio, 1) : Math.max(0, 1 + ratio)
  for (let i = 0; i < members.length; i++) {
    if (ratio === 0 || members[i].present[step] === ABSENT) continue
    if (fractions[i] < limit === ratio > 0) within.push(i)
  }
  return within
}

function copySample(from: StepSeries, to: StepSeries, step: number): void {
  if (from.present[step] === FLOAT) to.setFloat(step, from.value[step])
  else if (from.histogram?.[step]) to.setHistogram(step, from.histogram[step])
}
