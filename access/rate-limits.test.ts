import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateLimits, senderOf } from './rate-limits.js'

test('over any time no more is taken than the limit, the burst and the last one', () => {
  const asked = fc.array(fc.record({ afterMs: fc.nat(3000), amount: fc.integer({ min: 1, max: 50 }) }), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(asked, fc.integer({ min: 1, max: 20 }), (requests, limit) => {
      const limits = new RateLimits(10)
      const taken: { atMs: number; amount: number }[] = []
      let nowMs = 0
      for (const { afterMs, amount } of requests) {
        nowMs += afterMs
        if (limits.overdraft('a', limit, nowMs)) continue
        limits.spend('a', limit, amount, nowMs)
        taken.push({ atMs: nowMs, amount })
      }
      for (const [i, { atMs }] of taken.entries()) {
        const since = taken.slice(i)
        const total = since.reduce((sum, one) => sum + one.amount, 0)
        const seconds = (since.at(-1)!.atMs - atMs) / 1000
        expect(total - since.at(-1)!.amount).toBeLessThanOrEqual(limit * (seconds + 5))
      }
    }),
    { seed: 7, numRuns: 300 },
  )
})

test('after the time that is named, and no earlier, the next one is taken', () => {
  const limits = new RateLimits(10)
  limits.spend('a', 3, 100, 0)
  const { waitMs } = limits.overdraft('a', 3, 0)!
  expect(limits.overdraft('a', 3, waitMs - 2)).toBeDefined()
  expect(limits.overdraft('a', 3, waitMs)).toBeUndefined()
})

test('what is told as actual is above the limit', () => {
  const limits = new RateLimits(10)
  for (let i = 0; i < 1000; i++) limits.spend('a', 10, 1, i * 50)
  expect(limits.overdraft('a', 10, 50_000)!.actual).toBeGreaterThan(10)
})

test('0 is no limit', () => {
  const limits = new RateLimits(10)
  limits.spend('a', 0, 1e9, 0)
  expect(limits.overdraft('a', 0, 0)).toBeUndefined()
})

test('a clock that is set back locks nobody out for longer than it says', () => {
  const limits = new RateLimits(10)
  limits.spend('a', 1, 6, 1_000_000)
  expect(limits.overdraft('a', 1, 0)!.waitMs).toBeLessThanOrEqual(1001)
})

test('of more senders than are kept, the one that was full longest ago is forgotten', () => {
  const limits = new RateLimits(2)
  for (const key of ['a', 'b', 'c']) limits.spend(key, 1, 100, 0)
  expect(limits.overdraft('a', 1, 0)).toBeUndefined()
  expect(limits.overdraft('b', 1, 0)).toBeDefined()
  expect(limits.overdraft('c', 1, 0)).toBeDefined()
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8::/64'],
  ['::1', '::/64'],
])('%s counts as %s', (address, sender) => {
  expect(senderOf(address)).toBe(sender)
})
