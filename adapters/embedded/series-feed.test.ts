import { expect, test } from 'vitest'
import { cpu, everything, memory, T0 } from '../../test/contract/window-fixtures.js'
import { NumberedSeries } from './numbered-series.js'
import { packSeries, SeriesCopy } from './series-feed.js'

/** Brings a copy up to date. @returns how many pages that took */
function refresh(copy: SeriesCopy, series: NumberedSeries, generation: number): number {
  for (let pages = 1; ; pages++) if (copy.take(packSeries(series, generation, copy.position))) return pages
}

function numbered(count: number): NumberedSeries {
  const series = new NumberedSeries()
  for (let i = 0; i < count; i++) series.seen(series.add(i % 2 === 0 ? cpu({ i: `${i}` }) : memory({ i: `${i}` })), T0)
  return series
}

test('a copy has the same series under the same numbers, whatever number of pages it takes', () => {
  const copy = new SeriesCopy()
  const series = numbered(25_000)
  expect(refresh(copy, series, 3)).toBe(3)
  expect(copy.series.size).toBe(25_000)
  for (const number of [0, 9_999, 10_000, 24_999]) {
    expect(copy.series.at(number).toString()).toBe(series.at(number).toString())
    expect(copy.series.metricOf(number)).toBe(series.metricOf(number))
  }
  const one = everything(['i', '=', '20001'])
  expect(copy.series.select(one.matchers, one)).toEqual(series.select(one.matchers, one))
})

test('what is new since then comes alone, and what was seen since then is known', () => {
  const copy = new SeriesCopy()
  const series = numbered(10)
  refresh(copy, series, 0)
  series.seen(3, T0 + 60_000)
  const added = series.add(cpu({ i: 'new' }))
  const page = packSeries(series, 0, copy.position)
  expect(page.length).toBeLessThan(packSeries(series, 0, { generation: 0, known: 0 }).length)
  expect(copy.take(page)).toBe(true)
  expect(copy.series.at(added).toString()).toBe('cpu{i="new"}')
  const later = { startMs: T0 + 60_000, endMs: T0 + 70_000 }
  expect(copy.series.within([], later).map(String)).toEqual(['memory{i="3"}'])
})

test('series that are numbered anew are a new object: who reads with the old numbers keeps them', () => {
  const copy = new SeriesCopy()
  refresh(copy, numbered(10), 0)
  const before = copy.series
  refresh(copy, numbered(4), 1)
  expect([before.size, copy.series.size]).toEqual([10, 4])
})
