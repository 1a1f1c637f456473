import { expect, test } from 'vitest'
import { encodeWriteRequest } from '../../ingest/remote-write/encode.js'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { encodeLabels, encodeLabelsOf, encodeName } from './label-bytes.js'
import { metricBytes, SAMPLE_BYTES } from './layout.js'
import { EARLIEST_MS, LATEST_MS, WriteRequest } from './write-request.js'

const T = 1_767_571_200_000

function bytesOf(value: number): Uint8Array {
  return new Uint8Array(Float64Array.of(value).buffer)
}

test.each([
  ['no labels', {}],
  ['a few', { host: 'a', zone: 'b' }],
  ['long ones', { path: '/'.repeat(127), query: '?'.repeat(128), name: 'n'.repeat(20_000) }],
  ['other scripts', { größe: '京', '🙂': '\u007f' }],
  ['very many', Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`l${i}`, `${i}`]))],
])('a sample is written as any sender writes it: %s', (_, labels) => {
  const series = Series.of('cpu:busy', labels, Kind.Sample)
  const request = new WriteRequest()
  const name = encodeName(metricBytes(series), Buffer.from(':p99'))
  for (const [timeMs, value] of [
    [T, 1.5],
    [EARLIEST_MS, -1],
    [LATEST_MS, 2],
  ]) {
    request.addSample(name, encodeLabelsOf(series), timeMs, bytesOf(value))
  }
  const expected = [
    { timeMs: T, value: 1.5 },
    { timeMs: EARLIEST_MS, value: -1 },
    { timeMs: LATEST_MS, value: 2 },
  ].map((sample) => ({
    labels: [['__name__', 'cpu:busy:p99'] as const, ...series.labels],
    samples: [sample],
  }))
  expect(request.written().equals(encodeWriteRequest(expected))).toBe(true)
})

test('a frame is written as whole numbers, one a step', () => {
  const frame = Uint8Array.from({ length: 1020 }, (_, i) => 255 - (i % 256))
  const labels = encodeLabels([
    ['__name__', 'carrier'],
    ['lane', '1'],
  ])
  // The low bits of the time run over in between.
  const startMs = Math.ceil(T / 2 ** 28) * 2 ** 28 - 50
  const request = new WriteRequest()
  request.addFrame(labels, frame, 10, 120, startMs, 7)
  const samples = Array.from({ length: 110 }, (_, i) => ({
    timeMs: startMs + 7 * i,
    value: Buffer.from(frame.buffer).readUIntLE((10 + i) * SAMPLE_BYTES, SAMPLE_BYTES),
  }))
  const expected = encodeWriteRequest([{ labels: [['__name__', 'carrier'] as const, ['lane', '1'] as const], samples }])
  expect(request.written().equals(expected)).toBe(true)
})

test('a request is used again', () => {
  const request = new WriteRequest()
  const labels = encodeLabels([['__name__', 'a']])
  const frame = new Uint8Array(100_000).fill(7)
  request.addFrame(labels, frame, 0, 10_000, T, 1)
  const first = Buffer.from(request.written())
  request.clear()
  expect(request.length).toBe(0)
  request.addFrame(labels, frame, 0, 10_000, T, 1)
  expect(request.written().equals(first)).toBe(true)
})
