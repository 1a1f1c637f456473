import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pace } from './pace.js'
import { backoff, settle } from './retry.js'

const HOUR_MS = 3_600_000
const attempt = (change: object = {}) => ({ attempts: 0, queuedMs: 0, nowMs: 10_000, giveUpMs: HOUR_MS, ...change })
const later = (retryAfterMs?: number) => ({ outcome: 'later', reason: 'HTTP 503', retryAfterMs }) as const
const half = () => 0.5

test('waits double from one second to five minutes, by half of it at random', () => {
  const waits = (random: () => number) => [0, 1, 2, 5, 9, 40].map((attempts) => backoff(attempts, random))
  expect(waits(() => 0)).toEqual([500, 1000, 2000, 16_000, 150_000, 150_000])
  expect(waits(() => 1)).toEqual([1000, 2000, 4000, 32_000, 300_000, 300_000])
})

test('what may be taken later is tried again, no earlier than the other side asks', () => {
  expect(settle(later(), attempt(), half)).toEqual({ outcome: 'postpone', dueMs: 10_750, reason: 'HTTP 503' })
  expect(settle(later(60_000), attempt(), half)).toMatchObject({ outcome: 'postpone', dueMs: 70_000 })
  expect(settle(later(10), attempt({ attempts: 3 }), half)).toMatchObject({ outcome: 'postpone', dueMs: 16_000 })
})

test('a message is given up once its next attempt would come too late, or it was refused', () => {
  expect(settle(later(), attempt({ nowMs: HOUR_MS, attempts: 20 }), half)).toEqual({
    outcome: 'bury',
    reason: 'given up after 1 h and 21 attempts: HTTP 503',
  })
  expect(settle(later(2 * HOUR_MS), attempt(), half)).toMatchObject({ outcome: 'bury' })
  expect(settle({ outcome: 'refused', reason: 'HTTP 400' }, attempt(), half)).toEqual({
    outcome: 'bury',
    reason: 'HTTP 400',
  })
})

test('a channel takes a burst, then keeps its pace, and each that waits has its own place', () => {
  const pace = new Pace({ perMinute: 60, burst: 3 })
  const places = ['a', 'b', 'c', 'd', 'e'].map((key) => pace.admit(key, 1000))
  expect(places).toEqual([undefined, undefined, undefined, 2000, 3000])
  expect(pace.admit('f', 2000)).toBe(4000)
  expect(pace.admit('d', 2000)).toBeUndefined()
  expect(pace.admit('e', 2500)).toBe(3000)
})

test('a channel that asked for rest gets it, and then no crowd', () => {
  const pace = new Pace({ perMinute: 60, burst: 1 })
  expect(pace.admit('a', 0)).toBeUndefined()
  expect(pace.admit('b', 0)).toBe(1000)
  pace.pause(30_000)
  expect(pace.admit('b', 1000)).toBe(30_000)
  expect(pace.admit('c', 1000)).toBe(31_000)
  expect(pace.admit('b', 30_000)).toBeUndefined()
})

test('however they come, never more than the burst and the pace of the time are let through, and each in the end', () => {
  const seed = Date.now()
  console.log(`seed ${seed}`)
  const limits = fc.record({ perMinute: fc.integer({ min: 1, max: 600 }), burst: fc.integer({ min: 1, max: 20 }) })
  const arrivals = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 60 })
  const property = fc.property(limits, arrivals, ({ perMinute, burst }, times) => {
    const pace = new Pace({ perMinute, burst })
    const waiting = times.map((atMs, i) => ({ key: String(i), atMs }))
    const sent: number[] = []
    while (waiting.length > 0) {
      waiting.sort((a, b) => a.atMs - b.atMs)
      const next = waiting[0]
      const placeMs = pace.admit(next.key, next.atMs)
      if (placeMs === undefined) sent.push(waiting.shift()!.atMs)
      else next.atMs = placeMs
    }
    for (const [i, fromMs] of sent.entries()) {
      const count = sent.filter((atMs, j) => j >= i && atMs <= fromMs + 60_000).length
      expect(count).toBeLessThanOrEqual(perMinute + burst)
    }
  })
  fc.assert(property, { seed })
})
