import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import { Series } from '../../schemas/series/series.js'
import { decodeChunk } from '../../schemas/windows/chunk.js'
import { type WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { FeedSeries } from './feed-series.js'
import { decodeMetric, decodePage, encodePage, PAGE_SERIES } from './series-page.js'

const T0 = 1_767_225_600_000
const series = (n: number) => Series.of(`metric_${n % 5}`, { host: `h${n}`, zone: 'ä' }, Kind.Sample)

function batchOf(startMs: number, members: readonly number[]): WindowBatch {
  const windows = new WindowColumns()
  for (const n of members) windows.last[windows.push(series(n), startMs)] = n
  return { partition: 0, startMs, closed: true, windows }
}

/** What a reader makes of everything that one feed has put so far. */
class Stored {
  readonly metrics = new Map<string, Buffer>()
  readonly pages = new Map<number, Buffer>()

  take(feed: FeedSeries): void {
    const { metrics, pages } = feed.takeChanged()
    for (const [name, value] of metrics) this.metrics.set(name, value)
    for (const [page, value] of pages) this.pages.set(page, value)
  }

  /** The series at each place of a page, if the metric says that it has the page. */
  page(metric: string, page: number): Series[] {
    expect(decodeMetric(this.metrics.get(metric)!).pages).toContain(page)
    return decodePage(this.pages.get(page)!)
  }
}

test('whatever comes and goes, each chunk names its series by their places on a page of their metric', () => {
  const anyMembers = fc.uniqueArray(fc.nat({ max: 4000 }), { maxLength: 1500 })
  fc.assert(
    fc.property(fc.array(anyMembers, { minLength: 1, maxLength: 4 }), (windows) => {
      const feed = new FeedSeries()
      const stored = new Stored()
      for (const [i, members] of windows.entries()) {
        const batch = batchOf(T0 + i * 10_000, members)
        const back = new Map<string, number>()
        const chunks = [...feed.layOut(batch)]
        stored.take(feed)
        for (const { page, chunk, metricHash: hash } of chunks) {
          const into = new WindowColumns()
          const name = [0, 1, 2, 3, 4].map((n) => `metric_${n}`).find((one) => metricHash(one) === hash)!
          const places = stored.page(name, page)
          decodeChunk(chunk, ({ number }) => places[number], into)
          for (let row = 0; row < into.length; row++) {
            expect(into.series[row].metric).toBe(name)
            back.set(String(into.series[row].id), into.last[row])
          }
        }
        expect(back).toEqual(new Map(members.map((n) => [String(series(n).id), n])))
      }
      let known = 0
      for (const value of stored.metrics.values()) known += decodeMetric(value).series
      expect(known).toBe(feed.size)
    }),
    { numRuns: 20 },
  )
})

test('only what is new is given to be stored', () => {
  const feed = new FeedSeries()
  const changedBy = (members: number[]) => {
    for (const _ of feed.layOut(batchOf(T0, members)));
    const { metrics, pages } = feed.takeChanged()
    return { metrics: metrics.map(([name]) => name), pages: pages.map(([page]) => page) }
  }
  expect(changedBy([0, 1, 5])).toEqual({ metrics: ['metric_0', 'metric_1'], pages: [0, 1] })
  expect(changedBy([5, 1, 0])).toEqual({ metrics: [], pages: [] })
  expect(changedBy([6])).toEqual({ metrics: ['metric_1'], pages: [1] })
})

test('a page holds as many series as a chunk has rows, the next one begins another', () => {
  const feed = new FeedSeries()
  const members = Array.from({ length: PAGE_SERIES + 1 }, (_, i) => i * 5)
  expect([...feed.layOut(batchOf(T0, members))].map(({ page }) => page)).toEqual([0, 1])
  const { metrics } = feed.takeChanged()
  expect(decodeMetric(metrics[0][1])).toEqual({ series: PAGE_SERIES + 1, pages: [0, 1] })
})

test('many series of which most are gone are too many', () => {
  const feed = new FeedSeries()
  const members = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  for (const _ of feed.layOut(batchOf(T0, members(0, 6000))));
  expect(feed.isMostlyGone(T0 + 10_000)).toBe(false)
  for (const _ of feed.layOut(batchOf(T0 + 10_000, members(6000, 11_000))));
  expect(feed.isMostlyGone(T0)).toBe(false)
  expect(feed.isMostlyGone(T0 + 10_000)).toBe(true)
  for (const _ of feed.layOut(batchOf(T0 + 10_000, members(0, 2000))));
  expect(feed.isMostlyGone(T0 + 10_000)).toBe(false)
})

test('a page gives back its series with their ids', () => {
  const page = [0, 1, 2].map(series)
  const inside = Buffer.concat([Buffer.from('xyz'), encodePage(page)]).subarray(3)
  expect(decodePage(inside).map((one) => [one.id, String(one)])).toEqual(page.map((one) => [one.id, String(one)]))
})
