import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { repeat, repeatOrNow } from './repeat.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const noError = (error: Error) => {
  throw error
}

test('work is done at its interval, not at once', async () => {
  const work = vi.fn()
  const stop = repeat(1000, work, noError)
  expect(work).toHaveBeenCalledTimes(0)
  await vi.advanceTimersByTimeAsync(3000)
  expect(work).toHaveBeenCalledTimes(3)
  await stop()
})

test('a run that takes longer puts the next one off: never two at a time', async () => {
  let running = 0
  let most = 0
  const stop = repeat(
    1000,
    async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 2500))
      running--
    },
    noError,
  )
  await vi.advanceTimersByTimeAsync(10_000)
  expect(most).toBe(1)
  await Promise.all([stop(), vi.advanceTimersByTimeAsync(2500)])
})

test('an error is reported and the next run comes all the same', async () => {
  const errors: string[] = []
  const work = vi.fn(() => {
    throw new Error('boom')
  })
  const stop = repeat(1000, work, ({ code }) => errors.push(code))
  await vi.advanceTimersByTimeAsync(2000)
  expect(errors).toEqual(['TM_INTERNAL', 'TM_INTERNAL'])
  await stop()
})

test('stopping waits for the run in hand, and none comes after', async () => {
  let done = false
  const work = vi.fn(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500))
    done = true
  })
  const stop = repeat(1000, work, noError)
  await vi.advanceTimersByTimeAsync(1000)
  await Promise.all([stop().then(() => expect(done).toBe(true)), vi.advanceTimersByTimeAsync(500)])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(work).toHaveBeenCalledTimes(1)
})

test('work that is wanted now is done at once, and its interval begins anew', async () => {
  const work = vi.fn()
  const { now, stop } = repeatOrNow(1000, work, noError)
  await vi.advanceTimersByTimeAsync(900)
  now()
  now()
  await vi.advanceTimersByTimeAsync(0)
  expect(work).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(999)
  expect(work).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(work).toHaveBeenCalledTimes(2)
  await stop()
})

test('work that is wanted while it is done is done once more right after', async () => {
  const work = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 500)))
  const { now, stop } = repeatOrNow(1000, work, noError)
  await vi.advanceTimersByTimeAsync(1200)
  now()
  now()
  await vi.advanceTimersByTimeAsync(301)
  expect(work).toHaveBeenCalledTimes(2)
  await Promise.all([stop(), vi.advanceTimersByTimeAsync(500)])
  now()
  await vi.advanceTimersByTimeAsync(5000)
  expect(work).toHaveBeenCalledTimes(2)
})
