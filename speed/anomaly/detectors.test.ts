import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DETECTOR_NAMES } from '../../schemas/config/anomaly.js'
import type { Detector, Verdict } from './detector.js'
import { DETECTORS } from './detectors.js'

const MINUTE = 60_000

describe.each(DETECTOR_NAMES)('%s', (name) => {
  const make = DETECTORS[name].make

  test('never looks ahead: the scores of a beginning are the beginning of the scores', () => {
    fc.assert(
      fc.property(anySeries(), fc.nat(400), (series, cut) => {
        expect(judge(make(), series.slice(0, cut))).toEqual(judge(make(), series).slice(0, cut))
      }),
      { numRuns: 10 },
    )
  })

  test('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(anySeries(), fc.nat(400), (series, cut) => {
        const before = make()
        judge(before, series.slice(0, cut))
        const after = make()
        after.restore(before.save())
        expect(judge(after, series.slice(cut))).toEqual(judge(make(), series).slice(cut))
      }),
      { numRuns: 10 },
    )
  })

  test('scores stay within 0 and 1 and bounds in their order, whatever comes', () => {
    fc.assert(
      fc.property(anySeries(), (series) => {
        for (const { score, lower, upper } of judge(make(), series)) {
          expect(score).toBeGreaterThanOrEqual(0)
          expect(score).toBeLessThanOrEqual(1)
          expect(lower > upper).toBe(false)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('neither the unit nor the offset of a series matters', () => {
    const series = noisy(1500, 7)
    const scores = judge(make(), series).map(({ score }) => score)
    const scaled = series.map(([time, value]): [number, number] => [time, value * 1024])
    const shifted = series.map(([time, value]): [number, number] => [time, value + 64])
    for (const [i, { score }] of judge(make(), scaled).entries()) expect(score).toBeCloseTo(scores[i], 6)
    const differences = judge(make(), shifted).filter(({ score }, i) => Math.abs(score - scores[i]) > 0.05)
    expect(differences.length).toBeLessThan(series.length / 100)
  })

  test('remembers no more after many values than after none', () => {
    const detector = make()
    const atFirst = detector.save().length
    judge(detector, noisy(5000, 1))
    expect(detector.save().length).toBe(atFirst)
    expect(atFirst).toBeLessThan(20_000)
  })

  test('says how many values its warm-up still needs, and scores nothing until then', () => {
    const verdicts = judge(make(), noisy(400, 3))
    const warmUp = verdicts[0].missing
    expect(warmUp).toBeGreaterThan(0)
    verdicts.forEach(({ score, warm, missing }, i) => {
      expect(missing).toBe(Math.max(0, warmUp - i))
      expect(warm).toBe(i >= warmUp)
      if (!warm) expect(score).toBe(0)
    })
  })

  test('a missing value is not learned', () => {
    const series = noisy(600, 5)
    const holed = series.flatMap(([time, value]): [number, number][] => [
      [time, value],
      [time, Number.NaN],
      [time, Number.POSITIVE_INFINITY],
    ])
    const scores = judge(make(), holed)
    expect(scores.filter((_, i) => i % 3 === 0)).toEqual(judge(make(), series))
    expect(scores.filter((_, i) => i % 3 !== 0).every(({ score }) => score === 0)).toBe(true)
  })

  test('a constant series never alarms', () => {
    expect(
      alarms(
        make(),
        Array.from({ length: 3000 }, (_, i) => [i * MINUTE, 45]),
      ),
    ).toEqual([])
  })

  test('a state of another kind is refused', () => {
    expect(() => make().restore(new Float64Array(3))).toThrow(RangeError)
  })
})

describe('combined', () => {
  const { make } = DETECTORS.combined

  test.each([
    ['a spike', (value: number, i: number) => (i === 2500 ? value + 30 : value)],
    ['a drop', (value: number, i: number) => (i === 2500 ? value - 30 : value)],
    ['a lasting shift', (value: number, i: number) => (i >= 2500 ? value + 15 : value)],
    ['a lost daily pattern', (value: number, i: number) => (i >= 2500 && i < 2700 ? 3 : value)],
    ['noise', (value: number, i: number) => (i >= 2500 ? value + 6 * Math.sin(i * 1.7) : value)],
  ])('%s is raised soon, in few alarms', (_what, change) => {
    const series = daily(3000, 11).map(([time, value], i): [number, number] => [time, change(value, i)])
    const after = alarms(make(), series).filter((i) => i >= 2500)
    expect(after.length).toBeGreaterThan(0)
    expect(after[0]).toBeLessThan(2600)
    expect(after.length).toBeLessThan(10)
  })

  test('a daily pattern with its usual noise is left alone', () => {
    expect(alarms(make(), daily(6000, 23)).length).toBeLessThan(8)
  })
})

test('level-shift does not mind a spike, and minds a step', () => {
  const { make } = DETECTORS['level-shift']
  const series = noisy(1000, 13)
  expect(
    alarms(
      make(),
      series.map(([time, value], i) => [time, i === 700 ? value + 100 : value]),
    ),
  ).toEqual([])
  expect(
    alarms(
      make(),
      series.map(([time, value], i) => [time, i >= 700 ? value + 10 : value]),
    )[0],
  ).toBeLessThan(730)
})

test('ewma follows a trend that robust-z takes for an anomaly', () => {
  const rising = noisy(1000, 17).map(([time, value], i): [number, number] => [
    time,
    value + (i > 500 ? (i - 500) / 4 : 0),
  ])
  expect(alarms(DETECTORS.ewma.make(), rising).length).toBeLessThan(5)
  expect(alarms(DETECTORS['robust-z'].make(), rising).length).toBeGreaterThan(50)
})

function judge(detector: Detector, series: readonly (readonly [number, number])[]): Verdict[] {
  return series.map(([timeMs, value]) => detector.update(timeMs, value))
}

function alarms(detector: Detector, series: readonly (readonly [number, number])[]): number[] {
  return judge(detector, series).flatMap(({ score }, i) => (score >= 0.5 ? [i] : []))
}

/** Times that repeat and jump, values of every kind, and enough of them to pass any warm-up. */
function anySeries(): fc.Arbitrary<[number, number][]> {
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }) },
    { weight: 1, arbitrary: fc.double() },
    { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e308, -1e308, 5e-324) },
  )
  const step = fc.oneof({ weight: 8, arbitrary: fc.constant(300_000) }, fc.integer({ min: -1e9, max: 1e9 }))
  return fc.array(fc.tuple(step, value), { minLength: 300, maxLength: 500, size: 'max' }).map((rows) => {
    let time = 1.4e12
    return rows.map(([gap, number]): [number, number] => {
      time += gap
      return [time, number]
    })
  })
}

/** Normal noise, a minute apart. */
function noisy(length: number, seed: number): [number, number][] {
  const random = generator(seed)
  return Array.from({ length }, (_, i) => [1.4e12 + i * MINUTE, normal(random)])
}

/** A day's wave of 20 with noise of 1, five minutes apart. */
function daily(length: number, seed: number): [number, number][] {
  const random = generator(seed)
  return Array.from({ length }, (_, i) => {
    const time = 1.4e12 + i * 5 * MINUTE
    return [time, 10 * Math.sin((time / 86_400_000) * 2 * Math.PI) + normal(random)]
  })
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** A linear congruential generator: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
