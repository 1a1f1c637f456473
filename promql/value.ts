import type { Label } from '../schemas/series/series.js'

/** One series of an instant vector. */
export interface VectorSample {
  /** `__name__` among them, sorted by name. */
  labels: readonly Label[]
  /** The evaluation time, ms. */
  timeMs: number
  value: number
}

/** One series of a matrix: values at ascending times, ms. */
export interface MatrixSeries {
  labels: readonly Label[]
  timeMs: Float64Array
  value: Float64Array
}

/** What a query evaluates to. Series are sorted by their labels. */
export type Value = { type: 'vector'; samples: VectorSample[] } | { type: 'matrix'; series: MatrixSeries[] }

/** Order of label sets: pair by pair, the shorter first, as Prometheus sorts them. */
export function compareLabels(a: readonly Label[], b: readonly Label[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    for (const side of [0, 1] as const) {
      if (a[i][side] !== b[i][side]) return a[i][side] < b[i][side] ? -1 : 1
    }
  }
  return a.length - b.length
}
