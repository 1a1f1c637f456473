import type { Sketch } from '../sketch/sketch.js'
import type { WindowColumns } from '../windows/columns.js'
import { addSample } from './index.js'

/**
 * Folds points from..to-1 of a sample series into a row, as `addSample` one by one does to the last bit, in one loop.
 * For runs only: finite values at strictly ascending times, all later than what the row holds, all of its window.
 */
export function addReadings(
  into: WindowColumns,
  row: number,
  timeMs: Float64Array,
  value: Float64Array,
  from: number,
  to: number,
): void {
  if (from >= to) return
  addSample(into, row, timeMs[from], value[from], false)
  if (from + 1 === to) return
  let sum = into.sum[row]
  let error = into.sumError[row]
  let increase = into.increase[row]
  let last = value[from]
  let least = value[from + 1]
  let most = least
  for (let i = from + 1; i < to; i++) {
    const next = value[i]
    const after = sum + next
    error += Math.abs(sum) >= Math.abs(next) ? sum - after + next : next - after + sum
    sum = after
    if (next < least) least = next
    if (next > most) most = next
    increase += next >= last ? next - last : next
    last = next
  }
  addToSketch(into, row, value, from + 1, to, least, most)
  into.count[row] += to - from - 1
  into.sum[row] = sum
  into.sumError[row] = error
  if (!(into.min[row] <= least)) into.min[row] = least + 0
  if (!(into.max[row] >= most)) into.max[row] = most + 0
  into.increase[row] = increase
  // The last point is later than all others, and no marker.
  into.last[row] = last
  into.lastMs[row] = timeMs[to - 1]
}

/** Before count and min are updated: they are the sketch of a row whose values are all equal. */
function addToSketch(
  into: WindowColumns,
  row: number,
  value: Float64Array,
  from: number,
  to: number,
  least: number,
  most: number,
): void {
  const known: Sketch | undefined = into.sketch[row]
  const only = into.min[row]
  if (!known && least === only && most === only) return
  const sketch = known ?? into.newSketch()
  sketch.addAll(value, from, to, least, most)
  // Behind the others, which make the sketch's memory all at once.
  if (!known) sketch.add(only, into.count[row])
  into.sketch[row] = sketch
}
