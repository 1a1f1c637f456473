import type { Sketch } from './sketch.js'

/** The q-quantile, q from 0 to 1, of values in the order in which typed arrays sort them. NaN is the smallest. */
export function sortedQuantile(q: number, values: Float64Array): number {
  // Typed arrays sort NaN last: the ranks of all others shift by their number.
  let nans = 0
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans++
  const ranked = (rank: number) => (rank < nans ? Number.NaN : values[rank - nans])
  const rank = q * (values.length - 1)
  const below = Math.max(0, Math.floor(rank))
  const above = Math.min(values.length - 1, below + 1)
  const weight = rank - Math.floor(rank)
  return ranked(below) * (1 - weight) + ranked(above) * weight
}

/**
 * The q-quantile, q from 0 to 1, of the values in a sketch, between those of the two ranks that q lies between, as
 * Prometheus does it over points: each of them is known within the bound of the sketch, so the result is too.
 * @param least the smallest of the values, @param most the largest: the result lies between them
 */
export function sketchQuantile(q: number, sketch: Sketch, least: number, most: number): number {
  const total = sketch.count()
  const rank = Math.max(0, q * (total - 1))
  const valueAt = (index: number) => Math.min(Math.max(sketch.valueAt(((index + 0.5) / total) * total), least), most)
  const below = Math.floor(rank)
  const lower = valueAt(below)
  return rank === below ? lower : lower + (valueAt(below + 1) - lower) * (rank - below)
}
