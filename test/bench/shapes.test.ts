import { expect, test } from 'vitest'
import { InfluxDecoder } from '../../ingest/influx/decoder.js'
import { WINDOW_MS } from '../../schemas/time.js'
import { RecordingSink } from '../recording-sink.js'
import { bodiesOf, SHAPES } from './shapes.js'

const START_MS = 1_767_571_200_000
const shapes = SHAPES.filter(({ name }) => name !== 'low100k')

test.each(shapes)('$name has its series and its points, all of them inside the window', (shape) => {
  const sink = new RecordingSink()
  const decoder = new InfluxDecoder()
  let announced = 0
  for (const { bytes, points } of bodiesOf(shape, START_MS, 1)) {
    decoder.decode(bytes, { nowMs: START_MS }, sink)
    announced += points
  }
  expect(sink.refusals).toEqual([])
  expect(new Set(sink.points.map(({ series }) => series)).size).toBe(shape.series)
  expect(sink.points).toHaveLength(shape.series * shape.pointsPerWindow)
  expect(announced).toBe(sink.points.length)
  expect(sink.points.every(({ timeMs }) => timeMs > START_MS && timeMs <= START_MS + WINDOW_MS)).toBe(true)
})

test.each(shapes)('$name is the same each time it is made, and each window has values of its own', (shape) => {
  const text = (startMs: number) => Buffer.concat([...bodiesOf(shape, startMs, 1)].map(({ bytes }) => bytes)).toString()
  expect(text(START_MS)).toBe(text(START_MS))
  const withoutTimes = (startMs: number) => text(startMs).replace(/ \d+$/gm, '')
  expect(withoutTimes(START_MS)).not.toBe(withoutTimes(START_MS + WINDOW_MS))
})
