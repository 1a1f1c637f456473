import { type LoessDegree, type LoessShape, loess, loessAt } from './loess.js'

/** How a series is decomposed. Lengths are odd numbers of values. */
export interface StlSettings {
  /** Values after which the season repeats, at least 2. */
  period: number
  /** Length of the seasonal smoother: how many turns a season is averaged over; default 7. */
  seasonal?: number
  /** Length of the trend smoother; default the least odd number above 1.5 period / (1 - 1.5 / seasonal). */
  trend?: number
  /** Length of the low-pass filter; default the least odd number above the period. */
  lowPass?: number
  /** Degrees of the local fits; default 1. */
  seasonalDegree?: LoessDegree
  trendDegree?: LoessDegree
  lowPassDegree?: LoessDegree
  /** The curves are fitted at every how many-th value; default 1. */
  seasonalJump?: number
  trendJump?: number
  lowPassJump?: number
  /** Whether outliers are weighed down; decides the defaults of the iterations. */
  robust?: boolean
  /** Passes between season and trend; default 5, robust 2. */
  innerIterations?: number
  /** Passes that weigh outliers down; default 0, robust 15. */
  outerIterations?: number
}

/** value = seasonal + trend + remainder, at each place. */
export interface Decomposition {
  seasonal: Float64Array
  trend: Float64Array
  /** 1 = counts in full, 0 = an outlier that counts nothing. */
  weights: Float64Array
}

/**
 * Seasonal-trend decomposition by loess (R. B. Cleveland, W. S. Cleveland, McRae, Terpenning: "STL", Journal of Official
 * Statistics 6, 1990), for evenly spaced values without gaps.
 * @throws RangeError if there are fewer than two periods of values, or a setting is out of its range
 */
export function stl(values: Float64Array, settings: StlSettings): Decomposition {
  const plan = planOf(values.length, settings)
  const count = values.length
  const result: Decomposition = {
    seasonal: new Float64Array(count),
    trend: new Float64Array(count),
    weights: new Float64Array(count).fill(1),
  }
  for (let outer = 0; ; outer++) {
    const weights = outer > 0 ? result.weights : undefined
    for (let inner = 0; inner < plan.innerIterations; inner++) smoothOnce(values, plan, result, weights)
    if (outer === plan.outerIterations) return result
    weighOutliers(values, result)
  }
}

interface StlPlan {
  period: number
  seasonal: LoessShape
  trend: LoessShape
  lowPass: LoessShape
  innerIterations: number
  outerIterations: number
}

function planOf(count: number, settings: StlSettings): StlPlan {
  const { period, robust = false, seasonal = 7 } = settings
  if (!Number.isInteger(period) || period < 2)
    throw new RangeError(`a period of ${period}: at least 2 values are needed`)
  if (count < 2 * period) throw new RangeError(`${count} values, at least two periods (${2 * period}) are needed`)
  const shape = (name: string, length: number, degree: LoessDegree = 1, jump = 1): LoessShape => {
    if (length < 3 || length % 2 === 0) throw new RangeError(`${name} ${length}: an odd number from 3 on is needed`)
    if (!Number.isInteger(jump) || jump < 1) throw new RangeError(`a ${name} jump of ${jump}: at least 1 is needed`)
    return { length, degree, jump }
  }
  const trend = settings.trend ?? oddAbove((1.5 * period) / (1 - 1.5 / seasonal))
  return {
    period,
    seasonal: shape('seasonal', seasonal, settings.seasonalDegree, settings.seasonalJump),
    trend: shape('trend', trend, settings.trendDegree, settings.trendJump),
    lowPass: shape('low-pass', settings.lowPass ?? oddAbove(period), settings.lowPassDegree, settings.lowPassJump),
    innerIterations: settings.innerIterations ?? (robust ? 2 : 5),
    outerIterations: settings.outerIterations ?? (robust ? 15 : 0),
  }
}

/** The least odd whole number above x. */
function oddAbove(x: number): number {
  const next = Math.floor(x) + 1
  return next % 2 === 0 ? next + 1 : next
}

/** One pass: the season of what the trend leaves, then the trend of what the season leaves. */
function smoothOnce(values: Float64Array, plan: StlPlan, result: Decomposition, weights?: Float64Array): void {
  const { period } = plan
  const { seasonal, trend } = result
  const cycle = smoothCycles(
    values.map((value, i) => value - trend[i]),
    plan,
    weights,
  )
  const passed = loess(movingAverage(movingAverage(movingAverage(cycle, period), period), 3), plan.lowPass)
  for (let i = 0; i < values.length; i++) seasonal[i] = cycle[period + i] - passed[i]
  trend.set(
    loess(
      values.map((value, i) => value - seasonal[i]),
      plan.trend,
      weights,
    ),
  )
}

/** Smooths the values of each phase along their turns, and goes on by one turn at both ends. */
function smoothCycles(values: Float64Array, { period, seasonal }: StlPlan, weights?: Float64Array): Float64Array {
  const cycle = new Float64Array(values.length + 2 * period)
  for (let phase = 0; phase < period; phase++) {
    const turns = everyNth(values, phase, period)
    const turnWeights = weights && everyNth(weights, phase, period)
    const last = turns.length - 1
    const curve = loess(turns, seasonal, turnWeights)
    const reach = Math.min(seasonal.length, turns.length) - 1
    const before = loessAt(turns, seasonal, -1, 0, reach, turnWeights)
    const after = loessAt(turns, seasonal, last + 1, Math.max(0, turns.length - seasonal.length), last, turnWeights)
    cycle[phase] = Number.isNaN(before) ? curve[0] : before
    curve.forEach((value, turn) => {
      cycle[(turn + 1) * period + phase] = value
    })
    cycle[(last + 2) * period + phase] = Number.isNaN(after) ? curve[last] : after
  }
  return cycle
}

function everyNth(values: Float64Array, from: number, step: number): Float64Array {
  const picked = new Float64Array(Math.ceil((values.length - from) / step))
  for (let i = 0; i < picked.length; i++) picked[i] = values[from + i * step]
  return picked
}

function movingAverage(values: Float64Array, length: number): Float64Array {
  const averages = new Float64Array(values.length - length + 1)
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    sum += values[i]
    if (i >= length) sum -= values[i - length]
    if (i >= length - 1) averages[i - length + 1] = sum / length
  }
  return averages
}

/** Bisquare weights by the size of the remainder, in units of six times its median. */
function weighOutliers(values: Float64Array, { seasonal, trend, weights }: Decomposition): void {
  const remainder = values.map((value, i) => Math.abs(value - seasonal[i] - trend[i]))
  const sorted = remainder.slice().sort()
  const middle = Math.floor(sorted.length / 2)
  const scale = 3 * (sorted[middle] + sorted[sorted.length - middle - 1])
  for (let i = 0; i < values.length; i++) {
    if (remainder[i] <= 0.001 * scale) weights[i] = 1
    else weights[i] = remainder[i] <= 0.999 * scale ? (1 - (remainder[i] / scale) ** 2) ** 2 : 0
  }
}
