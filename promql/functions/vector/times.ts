import type { Grid } from '../../evaluate/context.js'
import type { VectorCall, VectorFunction } from '../function.js'

/** The evaluation time, the query's own grid (seconds) and constants. */
export const TIME_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  time: ({ context }) => ({ type: 'scalar', value: stepSeconds(context.grid) }),
  pi: (call) => constant(call, Math.PI),
  start: (call) => constant(call, call.context.query.startMs / 1000),
  end: (call) => constant(call, call.context.query.endMs / 1000),
  range: (call) => constant(call, (call.context.query.endMs - call.context.query.startMs) / 1000),
  step: (call) => constant(call, call.context.query.stepMs / 1000),
}

/** The evaluation time of each step, seconds since the epoch. */
export function stepSeconds({ startMs, stepMs, steps }: Grid): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) => (startMs + step * stepMs) / 1000)
}

function constant({ context }: VectorCall, value: number): { type: 'scalar'; value: Float64Array } {
  return { type: 'scalar', value: new Float64Array(context.grid.steps).fill(value) }
}
