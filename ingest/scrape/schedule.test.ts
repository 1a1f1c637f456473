import { expect, test } from 'vitest'
import { firstScrape, nextScrape, scrapePhase, scrapeTimestamp } from './schedule.js'

test('targets are spread over the interval, each always at its own place', () => {
  const phases = Array.from({ length: 100 }, (_, i) => scrapePhase(`http://host-${i}:9100/metrics`, 15_000, () => 0))
  expect(new Set(phases.map((phase) => Math.floor(phase / 1500))).size).toBe(10)
  expect(scrapePhase('http://host-7:9100/metrics', 15_000, () => 0)).toBe(phases[7])
})

test('jitter moves a target by less than 1 % of its interval', () => {
  const still = scrapePhase('http://h:1/metrics', 15_000, () => 0)
  const moved = scrapePhase('http://h:1/metrics', 15_000, () => 0.999)
  expect((moved - still + 15_000) % 15_000).toBe(149)
})

test('the first scrape is at the next time of the phase', () => {
  expect(firstScrape(3000, 10_000, 100_000)).toBe(103_000)
  expect(firstScrape(3000, 10_000, 103_000)).toBe(103_000)
  expect(firstScrape(3000, 10_000, 103_001)).toBe(113_000)
})

test('scrapes that were missed are not made up for', () => {
  expect(nextScrape(103_000, 10_000, 104_000)).toBe(113_000)
  expect(nextScrape(103_000, 10_000, 125_000)).toBe(133_000)
})

test('a clock that was set back does not stop the scrapes', () => {
  expect(nextScrape(103_000, 10_000, 50_000)).toBe(53_000)
})

test('a scrape carries its planned time if it began within 2 ms of it', () => {
  expect(scrapeTimestamp(103_000, 103_002)).toBe(103_000)
  expect(scrapeTimestamp(103_000, 103_003)).toBe(103_003)
})
