import type { NativeHistogram } from '../../schemas/histogram.js'
import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import type { FuzzPoint } from './data-set.js'
import { randomHistogram, randomLayout } from './random-histogram.js'

/** Points lie in (0, this], ms. */
export const SPAN_MS = 1_200_000

/** What no finite aggregate holds, and the two zeros. */
export const UNUSUAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0]
const STRANGE = [...UNUSUAL, 5e-324, 1.7e308, -1.7e308, 2 ** 53]

/** Gives the next value of a series. */
export type Behaviour = () => FuzzPoint['value']

/** Grows, and starts again now and then. */
export function counter(random: Random): Behaviour {
  let total = chance(random, 0.5) ? 0 : wholeUpTo(random, 1000)
  const isWhole = chance(random, 0.7)
  return () => {
    if (chance(random, 0.04)) total = 0
    total += isWhole ? wholeUpTo(random, 20) : random() * 3
    return total
  }
}

export function gauge(random: Random): Behaviour {
  let level = random() * 100 - 50
  const isConstant = chance(random, 0.2)
  return () => {
    if (!isConstant) level += random() * 10 - 5
    return chance(random, 0.3) ? Math.round(level) : level
  }
}

/** Ordinary values among strange ones. */
export function odd(random: Random, strange: readonly number[] = STRANGE): Behaviour {
  return () => (chance(random, 0.4) ? pick(random, strange) : wholeUpTo(random, 4) - 2)
}

/** Histograms of one layout, which changes now and then. */
export function histograms(random: Random, custom: boolean): Behaviour {
  let layout = randomLayout(random, custom)
  const isGauge = chance(random, 0.3)
  let newest: NativeHistogram | undefined
  return () => {
    const isOther = chance(random, 0.05)
    if (isOther) layout = randomLayout(random, custom)
    const restarts = isOther || isGauge || chance(random, 0.05)
    newest = randomHistogram(random, layout, restarts ? undefined : newest)
    return newest
  }
}

/** Floats and histograms in one series. */
export function mixed(random: Random): Behaviour {
  const floats = counter(random)
  const others = histograms(random, chance(random, 0.3))
  let isFloat = chance(random, 0.5)
  return () => {
    if (chance(random, 0.15)) isFloat = !isFloat
    return isFloat ? floats() : others()
  }
}

/** Ascending times: on a grid or irregular, with gaps. */
export function randomTimes(random: Random, unitMs: number): number[] {
  const spacingMs = pick(random, [15_000, 15_000, 30_000, 60_000])
  const isRegular = chance(random, 0.6)
  const gaps = pick(random, [0, 0.02, 0.1])
  const times: number[] = []
  let at = chance(random, 0.7) ? 0 : wholeUpTo(random, SPAN_MS / 2 / spacingMs) * spacingMs
  for (;;) {
    at += isRegular ? spacingMs : (1 + wholeUpTo(random, (2 * spacingMs) / unitMs)) * unitMs
    if (chance(random, gaps)) at += wholeUpTo(random, 25) * spacingMs
    if (at > SPAN_MS) return times
    times.push(at)
  }
}

/** A series' points: values at these times, a marker now and then. */
export function pointsAt(random: Random, times: readonly number[], behaviour: Behaviour): FuzzPoint[] {
  const markers = pick(random, [0, 0, 0.05])
  const knowsStart = chance(random, 0.15)
  let startMs = 0
  return times.map((timeMs) => {
    if (knowsStart && (startMs === 0 || chance(random, 0.1))) startMs = timeMs - wholeUpTo(random, 40) * 1000
    return { timeMs, value: chance(random, markers) ? 'stale' : behaviour(), startMs: Math.max(0, startMs) }
  })
}
