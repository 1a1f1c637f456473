import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { Sketch } from '../schemas/sketch/sketch.js'
import { ROW_COLUMNS, type RowColumn, rowsOf, type SeriesRows } from './rows.js'
import { decodeRows, encodeRows } from './rows-codec.js'

const anyRows = fc
  .record({
    values: fc.array(fc.double(), { maxLength: 5 }),
    kind: fc.constantFrom(undefined, 'sample', 'event'),
    columns: fc.subarray([...ROW_COLUMNS]),
    sketches: fc.boolean(),
    host: fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
  })
  .map(({ values, kind, columns, sketches, host }): SeriesRows => {
    const column = (name: RowColumn) => Float64Array.from(columns.includes(name) ? values : [])
    const rows: SeriesRows = {
      series: Series.of('m', { host }, Kind.Sample),
      timeMs: Float64Array.from(values, (_, i) => i),
      value: Float64Array.from(values),
      stale: Uint8Array.from(values, (_, i) => i % 2),
    }
    if (kind) rows.windows = rowsOf(kind, column)
    if (rows.windows && sketches) rows.windows.sketch = values.map((_, i) => (i % 2 ? undefined : Sketch.of(i + 1, 3)))
    return rows
  })

const shown = (all: readonly SeriesRows[]) =>
  all.map(({ series, windows, ...columns }) => [
    String(series),
    columns,
    windows && {
      ...windows,
      sketch: windows.sketch?.map((sketch) => sketch && [sketch.count(), sketch.quantile(0.5)]),
    },
  ])

test('rows are what they were once they have been bytes', () => {
  fc.assert(
    fc.property(fc.array(anyRows, { maxLength: 3 }), (all) => {
      const bytes = encodeRows(all)
      expect(shown(decodeRows(bytes ?? new Uint8Array()))).toEqual(shown(all))
    }),
  )
})

test('more bytes than the limit are not made', () => {
  const [rows] = fc.sample(anyRows, { numRuns: 1, seed: 1 })
  const size = encodeRows([rows])?.length ?? 0
  expect([encodeRows([rows], size)?.length, encodeRows([rows], size - 1)]).toEqual([size, undefined])
})
