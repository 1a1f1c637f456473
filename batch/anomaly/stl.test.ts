import { describe, expect, test } from 'vitest'
import { mstl } from './mstl.js'
import { stl } from './stl.js'

const PERIOD = 24
const LENGTH = 24 * 14

describe('STL', () => {
  test('takes a line and a wave apart', () => {
    const { seasonal, trend } = stl(series(), { period: PERIOD })
    for (let i = 0; i < LENGTH; i++) {
      expect(trend[i]).toBeCloseTo(line(i), 1)
      expect(seasonal[i]).toBeCloseTo(wave(i, PERIOD), 1)
    }
  })

  test('weighs outliers down if it is robust, so that they do not bend the season', () => {
    const spoiled = series()
    spoiled[100] += 500
    const robust = stl(spoiled, { period: PERIOD, robust: true })
    const plain = stl(spoiled, { period: PERIOD })
    expect(robust.weights[100]).toBe(0)
    expect(Math.abs(robust.seasonal[100] - wave(100, PERIOD))).toBeLessThan(0.5)
    expect(Math.abs(plain.seasonal[100] - wave(100, PERIOD))).toBeGreaterThan(10)
  })

  test('with jumps gives nearly what it gives without', () => {
    const exact = stl(series(), { period: PERIOD })
    const quick = stl(series(), { period: PERIOD, trendJump: 5, lowPassJump: 3, seasonalJump: 2 })
    for (let i = 0; i < LENGTH; i++) expect(quick.trend[i]).toBeCloseTo(exact.trend[i], 1)
  })

  test.each([
    ['fewer than two periods', { period: LENGTH }, 'at least two periods (672)'],
    ['a period of one', { period: 1 }, 'a period of 1'],
    ['an even smoother', { period: PERIOD, seasonal: 8 }, 'seasonal 8'],
    ['no jump', { period: PERIOD, trendJump: 0 }, 'a trend jump of 0'],
  ])('refuses %s', (_what, settings, message) => {
    expect(() => stl(series(), settings)).toThrow(message)
  })
})

describe('MSTL', () => {
  test('tells a day from a week', async () => {
    const values = Float64Array.from({ length: 24 * 7 * 6 }, (_, i) => line(i) + wave(i, 24) + 2 * wave(i, 168))
    const { seasonals, trend } = await mstl(values, [168, 24])
    expect(seasonals.map(({ period }) => period)).toEqual([24, 168])
    for (let i = 200; i < 800; i++) {
      expect(Math.abs(seasonals[0].seasonal[i] - wave(i, 24))).toBeLessThan(0.5)
      expect(Math.abs(seasonals[1].seasonal[i] - 2 * wave(i, 168))).toBeLessThan(0.5)
      expect(Math.abs(trend[i] - line(i))).toBeLessThan(0.5)
    }
  })

  test('fitted at fewer places it gives nearly the same', async () => {
    const values = Float64Array.from({ length: 24 * 7 * 4 }, (_, i) => line(i) + wave(i, 24) + 2 * wave(i, 168))
    const [exact, quick] = [await mstl(values, [24, 168]), await mstl(values, [24, 168], { fitsPerPeriod: 10 })]
    for (let i = 0; i < values.length; i++)
      for (const season of [0, 1])
        expect(Math.abs(quick.seasonals[season].seasonal[i] - exact.seasonals[season].seasonal[i])).toBeLessThan(0.2)
  })

  test('leaves out periods that are too long, and refuses if none is left', async () => {
    const { seasonals } = await mstl(series(), [24, 300])
    expect(seasonals.map(({ period }) => period)).toEqual([24])
    await expect(mstl(series(), [300])).rejects.toThrow('two turns')
  })
})

function series(): Float64Array {
  return Float64Array.from({ length: LENGTH }, (_, i) => line(i) + wave(i, PERIOD))
}

function line(i: number): number {
  return 100 + 0.05 * i
}

function wave(i: number, period: number): number {
  return 10 * Math.sin((2 * Math.PI * i) / period)
}
