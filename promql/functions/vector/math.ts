import type { Evaluated } from '../../evaluate/values.js'
import type { VectorCall, VectorFunction } from '../function.js'
import { scalarArgument } from './arguments.js'
import { changeFloats, eachFloat } from './each-float.js'

/** Arithmetic on each float. */
export const MATH_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  abs: eachFloat(Math.abs),
  ceil: eachFloat(Math.ceil),
  floor: eachFloat(Math.floor),
  exp: eachFloat(Math.exp),
  ln: eachFloat(Math.log),
  log2: eachFloat(Math.log2),
  log10: eachFloat(Math.log10),
  sqrt: eachFloat(Math.sqrt),
  sgn: eachFloat(Math.sign),
  round,
  clamp: (call) => clamp(call, scalarArgument(call, 1), scalarArgument(call, 2)),
  clamp_min: (call) => clamp(call, scalarArgument(call, 1), undefined),
  clamp_max: (call) => clamp(call, undefined, scalarArgument(call, 1)),
  max_of: (call) => ofTwo(call, greater),
  min_of: (call) => ofTwo(call, lesser),
}

/** To the nearest multiple, ties upwards. Multiplying by the inverse is how Prometheus rounds, to the last bit. */
function round(call: VectorCall) {
  const multiples = call.args.length > 1 ? scalarArgument(call, 1) : undefined
  return changeFloats(call, (value, step) => {
    const inverse = 1 / (multiples?.[step] ?? 1)
    return Math.floor(value * inverse + 0.5) / inverse
  })
}

/** A step whose lower bound is above its upper one has no result. */
function clamp(call: VectorCall, lower: Float64Array | undefined, upper: Float64Array | undefined) {
  const low = (step: number) => lower?.[step] ?? -Infinity
  const high = (step: number) => upper?.[step] ?? Infinity
  return changeFloats(
    call,
    (value, step) => greater(low(step), lesser(high(step), value)),
    (step) => !(high(step) < low(step)),
  )
}

function ofTwo(call: VectorCall, choose: (a: number, b: number) => number): Evaluated {
  const other = scalarArgument(call, 1)
  return { type: 'scalar', value: scalarArgument(call, 0).map((value, step) => choose(value, other[step])) }
}

/** As in Go, an infinity that decides the result does so against NaN too. */
function greater(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b)
}

function lesser(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b)
}
