import { expect, test } from 'vitest'
import { OutOfOrder, SeriesFold } from './series-fold.js'

const starts = ({ start, length }: { start: Float64Array; length: number }) => [...start.subarray(0, length)]

test('a point at the end of a window belongs to it at every tier', () => {
  const fold = new SeriesFold(['10s', '1m'])
  fold.begin(false)
  for (const timeMs of [1, 10_000, 10_001, 60_000, 60_001]) fold.addSample(timeMs, timeMs, false)
  const [tens, minutes] = fold.finish()
  expect(starts(tens)).toEqual([0, 10_000, 50_000, 60_000])
  expect(starts(minutes)).toEqual([0, 60_000])
  expect([...minutes.count.subarray(0, 2)]).toEqual([4, 1])
})

test('of readings at one time the largest counts, and a marker never hides one', () => {
  const fold = new SeriesFold(['10s'])
  fold.begin(false)
  fold.addSample(5, 2, false)
  fold.addSample(5, 7, false)
  fold.addSample(5, 3, false)
  fold.addSample(5, Number.NaN, true)
  const [tens] = fold.finish()
  expect([tens.count[0], tens.last[0], tens.stale[0]]).toEqual([1, 7, 0])
})

test('a series begins with nothing of the one before', () => {
  const fold = new SeriesFold(['10s'])
  fold.begin(false)
  for (let i = 1; i < 9; i++) fold.addSample(i, i, false)
  expect(fold.finish()[0].sketch[0]?.count()).toBe(8)
  fold.begin(true)
  for (const timeMs of [1, 1, 2]) fold.addEvent(timeMs, timeMs, 10)
  const [tens] = fold.finish()
  expect([tens.length, tens.count[0], tens.sketch[0]?.count(), tens.increase[0]]).toEqual([1, 30, 30, 0])
})

test('points that go back in time are refused: what was folded of them cannot be taken back', () => {
  const fold = new SeriesFold(['10s'])
  for (const add of ['addSample', 'addEvent'] as const) {
    fold.begin(add === 'addEvent')
    const put = (timeMs: number) =>
      add === 'addEvent' ? fold.addEvent(timeMs, 1, 1) : fold.addSample(timeMs, 1, false)
    put(9)
    expect(() => put(8)).toThrow(OutOfOrder)
  }
})
