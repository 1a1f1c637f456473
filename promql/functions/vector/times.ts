import type { Grid } from '../../evaluate/context.js'
import type { VectorCall, VectorFunction } from '../function.js'

/** The evaluation time and constants. `start()`, `end()`, `range()` and `step()` are numbers once a query is prepared. */
export const TIME_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  time: ({ context }) => ({ type: 'scalar', value: stepSeconds(context.grid) }),
  pi: (call) => constant(call, Math.PI),
}

/** The evaluation time of each step, seconds since the epoch. */
export function stepSeconds({ startMs, stepMs, steps }: Grid): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) => (startMs + step * stepMs) / 1000)
}

function constant({ context }: VectorCall, value: number): { type: 'scalar'; value: Float64Array } {
  return { type: 'scalar', value: new Float64Array(context.grid.steps).fill(value) }
}
