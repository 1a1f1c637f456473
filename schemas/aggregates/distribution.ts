import { Sketch } from '../sketch/sketch.js'
import type { WindowColumns } from '../windows/columns.js'
import type { Aggregate } from './aggregate.js'

/**
 * The sketch of the finite values. While all of them are equal nothing is stored: min = max and count say it all.
 * Must run before count, min and max are updated: they are the sketch of the rows so far.
 */
export const distribution: Aggregate = {
  add(into, row, _timeMs, value, weight) {
    if (!Number.isFinite(value)) return
    const known = into.sketch[row]
    if (known) known.add(value, weight)
    else if (into.count[row] > 0 && into.min[row] !== value) {
      const grown = sketchOf(into, row)
      grown.add(value, weight)
      into.sketch[row] = grown
    }
  },
  merge(into, row, later, from) {
    if (later.count[from] === 0) return
    if (into.count[row] === 0) {
      into.sketch[row] = later.sketch[from]?.copy()
    } else if (into.sketch[row] || later.sketch[from] || into.min[row] !== later.min[from]) {
      const merged = into.sketch[row] ?? sketchOf(into, row)
      merged.merge(later.sketch[from] ?? sketchOf(later, from))
      into.sketch[row] = merged
    }
  },
  sql: {
    // Buckets are long rows in SQL (one a series, window and bucket), not an expression of this GROUP BY: see batch/.
    fold: {},
    single: {},
    merge: {},
    across: {},
  },
}

/** The sketch of a row, made from its single value if it stores none. */
export function sketchOf(windows: WindowColumns, row: number): Sketch {
  const stored = windows.sketch[row]
  if (stored) return stored
  return windows.count[row] > 0 ? Sketch.of(windows.min[row], windows.count[row]) : new Sketch()
}
