import { type StlSettings, stl } from './stl.js'

/** How often every season is fitted anew once the others are known. */
const ROUNDS = 2

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
export function mstl(
  values: Float64Array,
  periods: readonly number[],
  settings: Omit<StlSettings, 'period' | 'seasonal' | 'trend' | 'lowPass'> = {},
): MultipleDecomposition {
  const held = [...new Set(periods)].sort((a, b) => a - b).filter((period) => 2 * period <= values.length)
  if (held.length === 0)
    throw new RangeError(`${values.length} values hold no two turns of any of ${periods.join(', ')}`)
  const seasonals = held.map((period) => ({ period, seasonal: new Float64Array(values.length) }))
  const rest = values.slice()
  let trend = new Float64Array(values.length)
  for (let round = 0; round < ROUNDS; round++) {
    seasonals.forEach((part, i) => {
      part.seasonal.forEach((season, at) => {
        rest[at] += season
      })
      const fitted = stl(rest, { ...settings, period: part.period, seasonal: 11 + 4 * i })
      part.seasonal.set(fitted.seasonal)
      part.seasonal.forEach((season, at) => {
        rest[at] -= season
      })
      trend = new Float64Array(fitted.trend)
    })
  }
  return { seasonals, trend }
}
