import { expect, test } from 'vitest'
import { hiddenSpans } from './hidden-spans.js'

test('a newer file hides its span of an older one, wherever it lies in it', () => {
  const day = { spanStart: 0, spanEnd: 100, epochFrom: 5 }
  const first = { spanStart: 0, spanEnd: 10, epochFrom: 7 }
  const inside = { spanStart: 40, spanEnd: 50, epochFrom: 6 }
  const next = { spanStart: 100, spanEnd: 110, epochFrom: 9 }
  expect(hiddenSpans([day, first, inside, next])).toEqual([
    [
      { startMs: 0, endMs: 10 },
      { startMs: 40, endMs: 50 },
    ],
    [],
    [],
    [],
  ])
  expect(hiddenSpans([first, day])).toEqual([[], [{ startMs: 0, endMs: 10 }]])
})
