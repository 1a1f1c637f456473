import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alignDown, alignUp, TIER_MS, TIERS, WINDOW_MS } from './time.js'

test('every moment lies in exactly one window of each tier', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e13 }), fc.constantFrom(...TIERS), (timeMs, tier) => {
      const start = alignDown(timeMs, TIER_MS[tier])
      expect(start % TIER_MS[tier] === 0 && start <= timeMs && timeMs < start + TIER_MS[tier]).toBe(true)
      expect(alignUp(timeMs, TIER_MS[tier])).toBe(start === timeMs ? start : start + TIER_MS[tier])
    }),
  )
})

test('each tier divides the next, so that windows roll up whole', () => {
  expect(TIER_MS[TIERS[0]]).toBe(WINDOW_MS)
  for (let i = 1; i < TIERS.length; i++) expect(TIER_MS[TIERS[i]] % TIER_MS[TIERS[i - 1]]).toBe(0)
})
