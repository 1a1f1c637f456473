import type { StepSeries } from '../../evaluate/values.js'
import type { VectorCall } from '../function.js'

/** The series of a vector argument. The parser has checked the types: anything else is a fault of ours. */
export function vectorArgument({ args, expr }: VectorCall, at: number): readonly StepSeries[] {
  const argument = args[at]
  if (argument?.type !== 'vector') throw new TypeError(`argument ${at + 1} of ${expr.func}() is no vector`)
  return argument.series
}

/** The values of a scalar argument, one a step. */
export function scalarArgument({ args, expr }: VectorCall, at: number): Float64Array {
  const argument = args[at]
  if (argument?.type !== 'scalar') throw new TypeError(`argument ${at + 1} of ${expr.func}() is no scalar`)
  return argument.value
}

export function stringArgument({ args, expr }: VectorCall, at: number): string {
  const argument = args[at]
  if (argument?.type !== 'string') throw new TypeError(`argument ${at + 1} of ${expr.func}() is no string`)
  return argument.value
}
