import { expect, test } from 'vitest'
import { ExportLines } from './export-lines.js'

const LINES = [
  {
    labels: { __name__: 'a', odd: ',"values":[[]{}\n京' },
    values: [0, 2 ** 48 - 1, 7],
    times: [1, 2, 1_767_571_200_000],
  },
  { labels: { __name__: 'a' }, values: [5], times: [3] },
  {
    labels: { __name__: 'b', long: 'x'.repeat(3000) },
    values: Array.from({ length: 20_000 }, (_, i) => i),
    times: Array.from({ length: 20_000 }, (_, i) => i + 1),
  },
]
const BYTES = Buffer.from(
  LINES.map(({ labels, values, times }) => `${JSON.stringify({ metric: labels, values, timestamps: times })}\n`).join(
    '',
  ),
)

function read(pieces: Iterable<Uint8Array>) {
  const read: typeof LINES = []
  const lines = new ExportLines(({ labels, length, values, times }) => {
    read.push({
      labels: labels as never,
      values: [...values.subarray(0, length)],
      times: [...times.subarray(0, length)],
    })
  })
  for (const piece of pieces) lines.push(piece)
  lines.finish()
  return read
}

test.each([1, 2, 7, 1000, BYTES.length])('lines are read from pieces of %d bytes', (size) => {
  const pieces = Array.from({ length: Math.ceil(BYTES.length / size) }, (_, i) =>
    BYTES.subarray(i * size, (i + 1) * size),
  )
  expect(read(pieces)).toEqual(LINES)
})

test('an answer without series has no lines', () => {
  expect(read([])).toEqual([])
})

test('an answer that was cut off is none', () => {
  for (const end of [1, 30, 100, BYTES.length - 1]) {
    expect(() => read([BYTES.subarray(0, end)])).toThrow(expect.objectContaining({ code: 'TM_HOTSTORE_UNAVAILABLE' }))
  }
})

test.each([
  ['a fraction', '{"metric":{},"values":[1.5],"timestamps":[1]}\n'],
  ['a negative number', '{"metric":{},"values":[-1],"timestamps":[1]}\n'],
  ['more times than values', '{"metric":{},"values":[1],"timestamps":[1,2]}\n'],
])('%s is no part of a frame', (_, line) => {
  expect(() => read([Buffer.from(line)])).toThrow(expect.objectContaining({ code: 'TM_HOTSTORE_REFUSED' }))
})
