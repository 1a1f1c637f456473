import { expect, test } from 'vitest'
import { loadConfig } from '../schemas/config/load.js'
import { TidemarkError } from '../schemas/errors.js'
import { Kind } from '../schemas/points.js'
import { type PrintedPoint, PrintingSink } from './printing-sink.js'

const NOW = 1_767_225_600_000

function open() {
  const points: PrintedPoint[] = []
  const refusals: string[] = []
  const sink = new PrintingSink({
    limits: loadConfig({ env: {} }).limits,
    nowMs: NOW,
    print: (point) => points.push(point),
    printRefusal: (position, { code }, text) => refusals.push(`${position} ${code} ${text ?? ''}`.trim()),
  })
  return { sink, points, refusals }
}

test('a point is printed with its series, its weight only where it is not 1', () => {
  const { sink, points } = open()
  const timer = sink.series(
    'latency',
    [
      ['zone', 'b'],
      ['host', 'a'],
    ],
    Kind.EventTimer,
  )
  sink.add(timer, NOW, 0.5, 1)
  sink.add(timer, NOW + 1, 0.25, 10)
  const series = { metric: 'latency', labels: { host: 'a', zone: 'b' }, kind: 'event' }
  expect(points).toEqual([
    { ...series, timestamp: NOW, value: 0.5 },
    { ...series, timestamp: NOW + 1, value: 0.25, weight: 10 },
  ])
})

test('what JSON has no number for is printed as a word', () => {
  const { sink, points } = open()
  const cpu = sink.series('cpu', [], Kind.Sample)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]) sink.add(cpu, NOW, value, 1)
  sink.addStale(cpu, NOW)
  expect(points.map(({ value }) => value)).toEqual(['NaN', '+Inf', '-Inf', -0, 'stale'])
})

test('the rules of the gateway hold: names, labels and times are refused as there, under their position', () => {
  const { sink, points, refusals } = open()
  sink.position = 7
  expect(sink.series('', [], Kind.Sample)).toBe(-1)
  const cpu = sink.series('cpu', [], Kind.Sample)
  sink.position = 8
  sink.add(cpu, NOW + 600_001, 1, 1)
  sink.addStale(cpu, 0)
  sink.refuse(new TidemarkError('TM_LINE_SYNTAX', { reason: 'bad' }), 'the line')
  expect(points).toEqual([])
  expect(refusals).toEqual([
    '7 TM_SERIES_METRIC_NAME',
    '8 TM_POINT_FUTURE',
    '8 TM_POINT_ANCIENT',
    '8 TM_LINE_SYNTAX the line',
  ])
})
