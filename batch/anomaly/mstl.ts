import { type StlSettings, stl } from './stl.js'

/** How often every season is fitted anew once the others are known. */
const ROUNDS = 2

/** How several seasons are told apart: {@link StlSettings}, where lengths and jumps go by each period. */
export interface MstlSettings extends Pick<StlSettings, 'robust' | 'innerIterations' | 'outerIterations'> {
  /** The trend and low-pass curves of a season are fitted at so many places a period; default at every value. */
  fitsPerPeriod?: number
  /** Awaited before each fit, for a process that has something else to do. */
  pause?: () => Promise<unknown>
}

/** value = sum of seasonals + trend + remainder, at each place. */
export interface MultipleDecomposition {
  /** By period, in the order of the settings' periods, ascending. */
  seasonals: { period: number; seasonal: Float64Array }[]
  trend: Float64Array
}

/**
 * Several seasons in one series (Bandara, Hyndman, Bergmeir: "MSTL", 2021): STL for each period in turn, shortest first,
 * on what the other seasons leave. The seasonal smoothers grow by 4 from 11 on, as in the paper. Periods of which the
 * values hold fewer than two are left out.
 * @throws RangeError if that leaves none
 */
export async function mstl(
  values: Float64Array,
  periods: readonly number[],
  { fitsPerPeriod, pause, ...settings }: MstlSettings = {},
): Promise<MultipleDecomposition> {
  const held = [...new Set(periods)].sort((a, b) => a - b).filter((period) => 2 * period <= values.length)
  if (held.length === 0)
    throw new RangeError(`${values.length} values hold no two turns of any of ${periods.join(', ')}`)
  const seasonals = held.map((period) => ({ period, seasonal: new Float64Array(values.length) }))
  const rest = values.slice()
  let trend = new Float64Array(values.length)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, part] of seasonals.entries()) {
      await pause?.()
      part.seasonal.forEach((season, at) => {
        rest[at] += season
      })
      const jump = fitsPerPeriod === undefined ? 1 : Math.max(1, Math.floor(part.period / fitsPerPeriod))
      const shape = { period: part.period, seasonal: 11 + 4 * i, trendJump: jump, lowPassJump: jump }
      const fitted = stl(rest, { ...settings, ...shape })
      part.seasonal.set(fitted.seasonal)
      part.seasonal.forEach((season, at) => {
        rest[at] -= season
      })
      trend = new Float64Array(fitted.trend)
    }
  }
  return { seasonals, trend }
}
