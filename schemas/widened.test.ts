import { expect, test } from 'vitest'
import { widened } from './widened.js'

test.each([
  new Float64Array([1.5, 2]),
  new Uint32Array([1, 2]),
  new Int32Array([-1, 2]),
  new Uint16Array([1, 2]),
  new Uint8Array([1, 2]),
])('%O keeps its type and its content, with zeros behind', (column) => {
  const wider = widened(column, 4)
  expect(wider.constructor).toBe(column.constructor)
  expect([...wider]).toEqual([...column, 0, 0])
})
