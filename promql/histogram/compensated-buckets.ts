import type { HistogramBuckets } from '../../schemas/histogram.js'

/** Buckets that grow by compensated addition (Neumaier): what rounding takes from a count is kept beside it. */
export class CompensatedBuckets {
  #index: readonly number[] = []
  #sum = new Float64Array(0)
  #lost = new Float64Array(0)

  /** Adds every bucket. */
  add({ index, count }: HistogramBuckets): void {
    if (!this.#has(index)) this.#relayout(union(this.#index, index), same)
    const own = this.#index
    const sum = this.#sum
    const lost = this.#lost
    let at = 0
    for (let i = 0; i < index.length; i++) {
      while (own[at] < index[i]) at++
      addAt(sum, lost, at, count[i])
    }
  }

  /** The buckets with their true counts, each changed by `of`. */
  buckets(of: (count: number) => number = same): HistogramBuckets {
    const { length } = this.#index
    const count = new Array<number>(length)
    for (let i = 0; i < length; i++) {
      const sum = this.#sum[i]
      count[i] = of(Number.isFinite(sum) ? sum + this.#lost[i] : sum)
    }
    return { index: this.#index, count }
  }

  /** Every count times a power of two. */
  scale(factor: number): void {
    for (let i = 0; i < this.#sum.length; i++) {
      this.#sum[i] *= factor
      this.#lost[i] *= factor
    }
  }

  /** Moves the buckets to a coarser layout: `target` never falls as the index rises. */
  regroup(target: (index: number) => number): void {
    this.#relayout([...new Set(this.#index.map(target))], target)
  }

  /** Takes out the buckets that `inside` says yes to and adds them to bucket `place` of `other`. */
  moveTo(other: CompensatedBuckets, place: number, inside: (index: number) => boolean): void {
    for (let i = 0; i < this.#index.length; i++) {
      if (!inside(this.#index[i])) continue
      other.add({ index: [place], count: [this.#sum[i]] })
      other.add({ index: [place], count: [this.#lost[i]] })
    }
    this.#relayout(
      this.#index.filter((index) => !inside(index)),
      same,
    )
  }

  #has(index: readonly number[]): boolean {
    const own = this.#index
    if (own === index) return true
    let at = 0
    for (let i = 0; i < index.length; i++) {
      while (own[at] < index[i]) at++
      if (own[at] !== index[i]) return false
    }
    return true
  }

  /** Other buckets: what stands at `index` goes to `target(index)`, or goes if that is not among them. */
  #relayout(layout: readonly number[], target: (index: number) => number): void {
    const sum = new Float64Array(layout.length)
    const lost = new Float64Array(layout.length)
    let at = 0
    for (let i = 0; i < this.#index.length; i++) {
      const to = target(this.#index[i])
      while (layout[at] < to) at++
      if (layout[at] !== to) continue
      addAt(sum, lost, at, this.#sum[i])
      addAt(sum, lost, at, this.#lost[i])
    }
    this.#index = layout
    this.#sum = sum
    this.#lost = lost
  }
}

function addAt(sum: Float64Array, lost: Float64Array, at: number, value: number): void {
  const before = sum[at]
  const after = before + value
  sum[at] = after
  if (!Number.isFinite(after)) lost[at] = 0
  else lost[at] += Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before
}

/** Every index of both, ascending. */
function union(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b
  const all: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const left = i < a.length ? a[i] : Number.POSITIVE_INFINITY
    const right = j < b.length ? b[j] : Number.POSITIVE_INFINITY
    all.push(Math.min(left, right))
    if (left <= right) i++
    if (right <= left) j++
  }
  return all
}

const same = (value: number) => value
