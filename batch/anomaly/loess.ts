/** Degree of the local polynomial: 0 = a constant, 1 = a line. */
export type LoessDegree = 0 | 1

/** How a loess curve is fitted: over how many neighbours, of which degree, at every how many-th place. */
export interface LoessShape {
  /** Neighbours, odd. */
  length: number
  degree: LoessDegree
  /** The curve is fitted at every `jump`-th place and drawn straight between them. */
  jump: number
}

/**
 * A loess curve through evenly spaced values (Cleveland et al. 1990, "STL", section 2 and appendix), at each of their places.
 * @param weights robustness weights of the values; all 1 if left out
 */
export function loess(values: Float64Array, shape: LoessShape, weights?: Float64Array): Float64Array {
  const count = values.length
  if (count < 2) return values.slice()
  const jump = Math.min(shape.jump, count - 1)
  const curve = new Float64Array(count)
  const fitAt = (place: number, from: number, to: number) => {
    const fitted = loessAt(values, shape, place, from, to, weights)
    curve[place] = Number.isNaN(fitted) ? values[place] : fitted
  }
  let last = { from: 0, to: count - 1 }
  for (let place = 0; place < count; place += jump) {
    last = neighbours(place, count, shape.length)
    fitAt(place, last.from, last.to)
  }
  if (jump === 1) return curve
  for (let place = 0; place + jump < count; place += jump) drawLine(curve, place, place + jump)
  const lastFitted = Math.floor((count - 1) / jump) * jump
  if (lastFitted === count - 1) return curve
  // With the neighbours of the last place that was fitted, as the reference has it.
  fitAt(count - 1, last.from, last.to)
  drawLine(curve, lastFitted, count - 1)
  return curve
}

/**
 * The curve at one place, which may lie outside of the values; NaN if every neighbour has weight 0.
 * @param from first and `to` last neighbour
 */
export function loessAt(
  values: Float64Array,
  { length, degree }: LoessShape,
  place: number,
  from: number,
  to: number,
  robustness?: Float64Array,
): number {
  const count = values.length
  const widened = length > count ? Math.floor((length - count) / 2) : 0
  const width = Math.max(place - from, to - place) + widened
  const weights = new Float64Array(to - from + 1)
  let total = 0
  for (let i = from; i <= to; i++) {
    const weight = tricube(Math.abs(i - place), width) * (robustness ? robustness[i] : 1)
    weights[i - from] = weight
    total += weight
  }
  if (total <= 0) return Number.NaN
  for (let j = 0; j < weights.length; j++) weights[j] /= total
  if (width > 0 && degree > 0) tilt(weights, from, place, count)
  let fitted = 0
  for (let i = from; i <= to; i++) fitted += weights[i - from] * values[i]
  return fitted
}

/** Distances within 0.1 % of the width count as none, those beyond 99.9 % as too far. */
function tricube(distance: number, width: number): number {
  if (distance > 0.999 * width) return 0
  if (distance <= 0.001 * width) return 1
  const share = distance / width
  // Multiplied: powers take several times as long.
  const rest = 1 - share * share * share
  return rest * rest * rest
}

/** Turns the weights of a local constant into those of a local line, unless the neighbours lie too close together. */
function tilt(weights: Float64Array, from: number, place: number, count: number): void {
  let center = 0
  for (let j = 0; j < weights.length; j++) center += weights[j] * (from + j)
  let spread = 0
  for (let j = 0; j < weights.length; j++) spread += weights[j] * (from + j - center) * (from + j - center)
  if (Math.sqrt(spread) <= 0.001 * (count - 1)) return
  const slope = (place - center) / spread
  for (let j = 0; j < weights.length; j++) weights[j] *= slope * (from + j - center) + 1
}

/** The `length` neighbours around a place; near an end those next to it. */
function neighbours(place: number, count: number, length: number): { from: number; to: number } {
  if (length >= count) return { from: 0, to: count - 1 }
  const half = Math.floor((length + 1) / 2) - 1
  const from = Math.max(0, Math.min(place - half, count - length))
  return { from, to: from + length - 1 }
}

function drawLine(curve: Float64Array, from: number, to: number): void {
  const slope = (curve[to] - curve[from]) / (to - from)
  for (let i = from + 1; i < to; i++) curve[i] = curve[from] + slope * (i - from)
}
