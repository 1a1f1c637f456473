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
      const grown = into.newSketch()
      grown.add(into.min[row], into.count[row])
      grown.add(value, weight)
      into.sketch[row] = grown
    }
  },
  merge(into, row, later, from) {
    if (later.count[from] === 0) return
    const own = into.sketch[row]
    const other = later.sketch[from]
    if (!own && !other && (into.count[row] === 0 || into.min[row] === later.min[from])) return
    const merged = own ?? into.newSketch()
    if (!own && into.count[row] > 0) merged.add(into.min[row], into.count[row])
    if (other) merged.merge(other)
    else merged.add(later.min[from], later.count[from])
    into.sketch[row] = merged
  },
  sql: {
    // In SQL buckets are long rows (one a series, window and bucket: bucket-sql.ts), not an expression of this GROUP BY.
    fold: {},
    merge: {},
    across: {},
  },
}
