import { expect, test } from 'vitest'
import { type LookingPace, untilComplete } from './until-complete.js'

const PACE: LookingPace = { latenessMs: 15_000, everyMs: 2000, eagerMs: 100 }
/** A window ends at 60 s; its points are awaited until 75 s. */
const END_MS = 60_000
const DUE_MS = END_MS + PACE.latenessMs

test('it is looked at the moment at which a window is due, and not only at the next time', () => {
  expect(untilComplete(DUE_MS - 1900, END_MS - 10_000, PACE)).toBe(1910)
  expect(untilComplete(DUE_MS - 5000, END_MS - 10_000, PACE)).toBe(2000)
})

test('it is looked often until the window is complete, and then no more', () => {
  expect(untilComplete(DUE_MS + 10, END_MS - 40, PACE)).toBe(100)
  expect(untilComplete(DUE_MS + 110, END_MS + 60, PACE)).toBe(2000)
})

test('whatever stays behind is not looked for often without end', () => {
  expect(untilComplete(DUE_MS + 2900, END_MS - 40, PACE)).toBe(100)
  expect(untilComplete(DUE_MS + 3100, END_MS - 40, PACE)).toBe(2000)
  expect(untilComplete(DUE_MS, Number.NEGATIVE_INFINITY, { ...PACE, everyMs: 50 })).toBe(50)
})
