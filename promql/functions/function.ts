import type { Call } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import type { Evaluated } from '../evaluate/values.js'

/** One call of a function that takes no range. */
export interface VectorCall {
  expr: Call
  /** One for each argument that was written. */
  args: readonly Evaluated[]
  context: EvalContext
}

/** A function of instant vectors, scalars and strings, over all steps at once. Arguments are never changed. */
export type VectorFunction = (call: VectorCall) => Evaluated | Promise<Evaluated>
