import type { WindowColumn } from '../../schemas/windows/columns.js'

/** How each number column of a tier's file is read; none gives NULL. */
export const COLUMN_SQL: Readonly<Record<WindowColumn, string>> = {
  count: 'count',
  sum: 'sum',
  min: `coalesce(min, 'nan'::DOUBLE)`,
  max: `coalesce(max, 'nan'::DOUBLE)`,
  first: '"first"',
  firstMs: 'epoch_ms(first_ts)::DOUBLE',
  last: '"last"',
  lastMs: 'epoch_ms(last_ts)::DOUBLE',
  increase: 'increase',
}

/** Scale of a window without a sketch. */
export const NO_SKETCH = -128

/** A sketch's columns, in the order of {@link SKETCH_AT}. */
export const SKETCH_SQL = `coalesce(sketch.scale, ${NO_SKETCH}), coalesce(sketch.zero_count, 0), sketch.pos_index, sketch.pos, sketch.neg_index, sketch.neg`

/** Places of a sketch's columns behind the first of them. */
export const SKETCH_AT = { scale: 0, zeroCount: 1, posIndex: 2, pos: 3, negIndex: 4, neg: 5 } as const
