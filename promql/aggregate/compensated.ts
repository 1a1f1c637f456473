/**
 * Running sums of many columns at once, compensated (Neumaier): the lost low bits of each addition are kept beside the
 * sum. A sum that overflows loses its compensation, as in Prometheus.
 */
export class CompensatedSums {
  readonly sum: Float64Array
  readonly compensation: Float64Array

  constructor(length: number) {
    this.sum = new Float64Array(length)
    this.compensation = new Float64Array(length)
  }

  add(at: number, value: number): void {
    const sum = this.sum[at]
    const total = sum + value
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) this.compensation[at] = 0
    else if (Math.abs(sum) >= Math.abs(value)) this.compensation[at] += sum - total + value
    else this.compensation[at] += value - total + sum
    this.sum[at] = total
  }

  /** Makes both parts of a sum so many times as big. */
  scale(at: number, factor: number): void {
    this.sum[at] *= factor
    this.compensation[at] *= factor
  }

  total(at: number): number {
    return this.sum[at] + this.compensation[at]
  }
}
