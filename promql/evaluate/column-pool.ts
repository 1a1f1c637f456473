/** Longer columns have memory of their own. */
const SHORT = 64
/** Steps of one piece of memory. */
const POOL_STEPS = 1024

let present = new Uint8Array(0)
let value = new Float64Array(0)
let used = 0

/**
 * Columns of so many steps, all of them absent. Short ones share a piece of memory with others: making memory for a
 * single number takes several times as long as making a view of some that is there.
 */
export function newColumns(steps: number): { present: Uint8Array; value: Float64Array } {
  if (steps > SHORT) return { present: new Uint8Array(steps), value: new Float64Array(steps) }
  if (used + steps > present.length) {
    present = new Uint8Array(POOL_STEPS)
    value = new Float64Array(POOL_STEPS)
    used = 0
  }
  const from = used
  used += steps
  return {
    present: new Uint8Array(present.buffer, from, steps),
    value: new Float64Array(value.buffer, from * Float64Array.BYTES_PER_ELEMENT, steps),
  }
}
