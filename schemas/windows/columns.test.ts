import { expect, test } from 'vitest'
import { Kind } from '../points.js'
import { Series } from '../series/series.js'
import { Sketch } from '../sketch/sketch.js'
import { LAST_STALE, WINDOW_COLUMNS, WindowColumns } from './columns.js'

const series = Series.of('m', [], Kind.Sample)

test('rows survive growth, and a new one is empty', () => {
  const windows = new WindowColumns(0)
  for (let row = 0; row < 200; row++) {
    expect(windows.push(series, row)).toBe(row)
    for (const column of WINDOW_COLUMNS) windows[column][row] = row
    windows.stale[row] = LAST_STALE
  }
  const empty = windows.push(series, 200)
  expect(windows.start[199]).toBe(199)
  for (const column of WINDOW_COLUMNS) expect(windows[column][199], column).toBe(199)
  expect(windows.stale[199]).toBe(LAST_STALE)
  expect([
    windows.count[empty],
    windows.sum[empty],
    windows.min[empty],
    windows.lastMs[empty],
    windows.stale[empty],
  ]).toEqual([0, 0, Number.NaN, Number.NaN, 0])
})

test('a copied row is the same in every column', () => {
  const from = new WindowColumns()
  from.push(series, 10)
  WINDOW_COLUMNS.forEach((column, i) => {
    from[column][0] = i
  })
  from.sumError[0] = 0.25
  from.stale[0] = LAST_STALE
  from.sketch[0] = Sketch.of(1, 1)
  const to = new WindowColumns(0)
  const row = to.pushRow(from, 0)
  expect(WINDOW_COLUMNS.map((column) => to[column][row])).toEqual([...WINDOW_COLUMNS.keys()])
  expect(to).toMatchObject({ length: 1, series: [series], sketch: [from.sketch[0]] })
  expect([to.start[row], to.sumError[row], to.stale[row]]).toEqual([10, 0.25, LAST_STALE])
})

test('rows that are cleared leave nothing behind, and their sketches are filled again', () => {
  const windows = new WindowColumns()
  windows.push(series, 0)
  const sketch = windows.newSketch()
  sketch.add(-3, 2)
  windows.sketch[0] = sketch
  windows.clear()
  expect([windows.length, windows.push(series, 10), windows.sketch[0]]).toEqual([0, 0, undefined])
  expect(windows.newSketch()).toBe(sketch)
  expect([sketch.count(), windows.newSketch() === sketch]).toEqual([0, false])
})

test('the error of a sum is settled once', () => {
  const windows = new WindowColumns()
  windows.push(series, 0)
  windows.sum[0] = 1
  windows.sumError[0] = 0.5
  windows.settle()
  windows.settle()
  expect(windows.sum[0]).toBe(1.5)
})
