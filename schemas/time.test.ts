import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alignDown, alignUp, TIER_MS, TIERS, WINDOW_MS, windowStart } from './time.js'

const anyTime = fc.oneof(
  fc.integer({ min: 1, max: 1e13 }),
  fc.integer({ min: 1, max: 1e9 }).map((n) => n * WINDOW_MS),
)

test('every point lies in one window of each tier, whose end belongs to it and whose start does not', () => {
  fc.assert(
    fc.property(anyTime, fc.constantFrom(...TIERS), (timeMs, tier) => {
      const start = windowStart(timeMs, TIER_MS[tier])
      expect(start % TIER_MS[tier] === 0 && start < timeMs && timeMs <= start + TIER_MS[tier]).toBe(true)
    }),
  )
})

test("a point's coarser window is the one that holds its finer window", () => {
  fc.assert(
    fc.property(anyTime, fc.constantFrom(...TIERS), (timeMs, tier) => {
      expect(alignDown(windowStart(timeMs, WINDOW_MS), TIER_MS[tier])).toBe(windowStart(timeMs, TIER_MS[tier]))
    }),
  )
})

test('aligning goes to the multiple below or above, and leaves a multiple as it is', () => {
  expect([0, 1, 9_999, 10_000].map((timeMs) => alignDown(timeMs, WINDOW_MS))).toEqual([0, 0, 0, 10_000])
  expect([0, 1, 9_999, 10_000].map((timeMs) => alignUp(timeMs, WINDOW_MS))).toEqual([0, 10_000, 10_000, 10_000])
})

test('each tier divides the next, so that windows roll up whole', () => {
  expect(TIER_MS[TIERS[0]]).toBe(WINDOW_MS)
  for (let i = 1; i < TIERS.length; i++) expect(TIER_MS[TIERS[i]] % TIER_MS[TIERS[i - 1]]).toBe(0)
})
