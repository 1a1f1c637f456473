import { expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { PrometheusTextDecoder } from '../prometheus/text-decoder.js'
import { ScrapedSeries, UNTIMED } from './scraped-series.js'

/** A target's series, scraped with the given bodies at 1000, 2000, … */
function scraper(sink = new RecordingSink()) {
  const series = new ScrapedSeries()
  const decoder = new PrometheusTextDecoder()
  let timeMs = 0
  return {
    series,
    sink,
    scrape(body: string | undefined, { isStored = true } = {}): string[] {
      timeMs += 1000
      const before = sink.points.length
      series.begin(sink, timeMs)
      if (body !== undefined) decoder.decode(Buffer.from(body), { nowMs: UNTIMED }, series)
      series.markVanished()
      if (isStored) series.settle(body !== undefined)
      return sink.lines().slice(before)
    },
  }
}

test('a series that is gone gets one staleness marker at the time of the scrape', () => {
  const { scrape } = scraper()
  scrape('a 1\nb 2\n')
  expect(scrape('a 1\n')).toEqual(['a{} 1 @2000', 'b{} stale @2000'])
  expect(scrape('a 1\n')).toEqual(['a{} 1 @3000'])
})

test('a failed scrape makes all series stale', () => {
  const { scrape } = scraper()
  scrape('a 1\nb 2\n')
  expect(scrape(undefined)).toEqual(['a{} stale @2000', 'b{} stale @2000'])
  expect(scrape(undefined)).toEqual([])
  expect(scrape('a 1\n')).toEqual(['a{} 1 @4000'])
})

test('series with timestamps get no markers', () => {
  const { scrape } = scraper()
  scrape('a 1 1500\n')
  expect(scrape('b 1\n')).toEqual(['b{} 1 @2000'])
})

test('a series that begins to carry timestamps gets a marker for the time without', () => {
  const { scrape } = scraper()
  scrape('a 1\n')
  expect(scrape('a 1 1500\n')).toEqual(['a{} 1 @1500', 'a{} stale @2000'])
  expect(scrape('')).toEqual([])
})

test('the same series written in two ways is one', () => {
  const { scrape } = scraper()
  scrape('a{x="1",y="2"} 1\n')
  expect(scrape('a{y="2", x="1"} 1\n')).toEqual(['a{x="1",y="2"} 1 @2000'])
})

test('markers that were not stored are due again', () => {
  const { scrape } = scraper()
  scrape('a 1\n')
  scrape('', { isStored: false })
  expect(scrape('')).toEqual(['a{} stale @3000'])
})

test('series are counted as added when they are new, not after a failed scrape', () => {
  const { scrape, series } = scraper()
  scrape('a 1\nb 1\n')
  expect(series.counts.added).toBe(2)
  scrape('a 1\nc 1\n')
  expect(series.counts.added).toBe(1)
  scrape(undefined)
  scrape('a 1\nc 1\n')
  expect(series.counts).toMatchObject({ scraped: 2, kept: 2, added: 0 })
  scrape('b 1\n')
  expect(series.counts.added).toBe(1)
})

test('handles are resolved anew when the sink says that they are void', () => {
  const { scrape, sink } = scraper()
  scrape('a 1\nb 1\n')
  sink.epoch++
  expect(scrape('a 1\n')).toEqual(['a{} 1 @2000', 'b{} stale @2000'])
  expect(sink.resolved).toBe(4)
})

test('a refused series counts as scraped but not as kept', () => {
  const { scrape, series, sink } = scraper()
  sink.refusedMetrics.add('a')
  scrape('a 1\nb 1\n')
  expect(series.counts).toMatchObject({ scraped: 2, kept: 1 })
})

test('vanished series are forgotten, so that a target that renames its series forever needs no more memory', () => {
  const { scrape, series } = scraper()
  let names = ''
  for (let round = 0; round < 10; round++) {
    names = Array.from({ length: 500 }, (_, i) => `a{i="${round}-${i}"} 1`).join('\n')
    scrape(names)
  }
  expect(series.size).toBeLessThan(2500)
  expect(scrape(names)).toHaveLength(500)
})
