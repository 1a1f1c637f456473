import type { SeasonalPattern } from '../../schemas/seasonal-pattern.js'
import { mstl } from './mstl.js'

/** Values that a pattern is trained on at most: the newest ones. */
const MOST_VALUES = 50_000

/** Passes that weigh outliers down; more hardly change the weights (the paper: 5 to 10). */
const OUTLIER_PASSES = 6

/** Readings in the order of time, as they come: gaps and repeated times are allowed. */
export interface Readings {
  timesMs: readonly number[]
  values: readonly number[]
}

/**
 * Learns how a series repeats, by MSTL with outliers weighed down. The readings are brought to even steps first (their
 * median distance, made to divide each period); what is missing in between is drawn straight.
 * @param periodsMs those that the readings do not hold twice are left out
 * @param pause awaited now and then: it takes half a second of a processor for 8,000 readings
 * @throws RangeError if that leaves none
 */
export async function trainPatterns(
  readings: Readings,
  periodsMs: readonly number[],
  pause?: () => Promise<unknown>,
): Promise<SeasonalPattern[]> {
  const shortest = Math.min(...periodsMs)
  const stepMs = shortest / Math.max(2, Math.round(shortest / medianGap(readings.timesMs)))
  const { firstStep, values } = toGrid(readings, stepMs)
  const periods = periodsMs.map((periodMs) => Math.round(periodMs / stepMs))
  const { seasonals } = await mstl(values, periods, {
    robust: true,
    pause,
    outerIterations: OUTLIER_PASSES,
    // About a tenth of the smoothers' length, as the paper advises for speed.
    fitsPerPeriod: 10,
  })
  return seasonals.map(({ period, seasonal }) => ({
    periodMs: period * stepMs,
    phases: lastTurn(seasonal, period, firstStep),
  }))
}

/** The median distance between readings, of those that lie apart; ms. */
function medianGap(timesMs: readonly number[]): number {
  const gaps = timesMs
    .slice(1)
    .map((time, i) => time - timesMs[i])
    .filter((gap) => gap > 0)
    .sort((a, b) => a - b)
  if (gaps.length === 0) throw new RangeError(`${timesMs.length} readings at one time tell no period`)
  return gaps[Math.floor(gaps.length / 2)]
}

/** The newest readings at multiples of the step since the epoch. */
function toGrid({ timesMs, values }: Readings, stepMs: number): { firstStep: number; values: Float64Array } {
  const lastStep = Math.floor(timesMs[timesMs.length - 1] / stepMs)
  const firstStep = Math.max(Math.ceil(timesMs[0] / stepMs), lastStep - MOST_VALUES + 1)
  const grid = new Float64Array(Math.max(0, lastStep - firstStep + 1))
  let at = 0
  for (let i = 0; i < grid.length; i++) {
    const timeMs = (firstStep + i) * stepMs
    while (at + 2 < timesMs.length && timesMs[at + 1] <= timeMs) at++
    const span = timesMs[at + 1] - timesMs[at]
    const share = span > 0 ? Math.min(1, Math.max(0, (timeMs - timesMs[at]) / span)) : 0
    grid[i] = values[at] + share * (values[at + 1] - values[at])
  }
  return { firstStep, values: grid }
}

/** The newest value of each phase, by its place in the period. */
function lastTurn(seasonal: Float64Array, period: number, firstStep: number): number[] {
  const phases = new Array<number>(period).fill(0)
  for (let i = seasonal.length - period; i < seasonal.length; i++) phases[(firstStep + i) % period] = seasonal[i]
  return phases
}
