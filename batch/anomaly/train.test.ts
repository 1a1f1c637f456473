import { expect, test } from 'vitest'
import { trainPatterns } from './train.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const T0 = Date.UTC(2026, 0, 1, 7)

/** Within 1, the same at the same time. */
const noise = (timeMs: number) => ((((timeMs / HOUR) * 7919) % 13) - 6) / 6
const wave = (timeMs: number, periodMs: number) => 10 * Math.sin((2 * Math.PI * timeMs) / periodMs)

/** Hourly readings of 30 days. */
function readings(valueAt: (timeMs: number) => number, keep: (i: number) => boolean = () => true) {
  const timesMs = Array.from({ length: 30 * 24 }, (_, i) => T0 + i * HOUR).filter((_, i) => keep(i))
  return { timesMs, values: timesMs.map(valueAt) }
}

test('a pattern stands at its time of day, whenever the readings began', async () => {
  const [{ periodMs, phases }] = await trainPatterns(
    readings((time) => 50 + wave(time, DAY)),
    [DAY],
  )
  expect(periodMs).toBe(DAY)
  expect(phases).toHaveLength(24)
  phases.forEach((value, hour) => {
    expect(Math.abs(value - wave(hour * HOUR, DAY))).toBeLessThan(0.5)
  })
})

test('a week is told from a day', async () => {
  const patterns = await trainPatterns(
    readings((time) => wave(time, DAY) + 2 * wave(time, 7 * DAY)),
    [7 * DAY, DAY],
  )
  expect(patterns.map(({ phases }) => phases.length)).toEqual([24, 168])
  expect(Math.abs(patterns[1].phases[42] - 2 * wave(42 * HOUR, 7 * DAY))).toBeLessThan(2)
})

test('outliers and gaps do not show in it', async () => {
  const holed = readings(
    (time) => wave(time, DAY) + noise(time) + (time === T0 + 500 * HOUR ? 1000 : 0),
    (i) => i < 300 || i > 302,
  )
  const [{ phases }] = await trainPatterns(holed, [DAY])
  phases.forEach((value, hour) => {
    expect(Math.abs(value - wave(hour * HOUR, DAY))).toBeLessThan(1)
  })
})

test('readings that hold no period twice are refused', async () => {
  const month = readings(() => 1)
  await expect(trainPatterns(month, [20 * DAY])).rejects.toThrow(RangeError)
  await expect(trainPatterns({ timesMs: [T0, T0], values: [1, 2] }, [DAY])).rejects.toThrow('tell no period')
})
