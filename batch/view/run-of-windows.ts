import { Kind } from '../../schemas/points.js'
import { sketchQuantile, sortedQuantile } from '../../schemas/sketch/quantile.js'
import { Sketch } from '../../schemas/sketch/sketch.js'
import { TIER_MS, type Tier } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'

/** The windows of one series in one step, merged as they come. */
export class RunOfWindows {
  readonly #sketch = new Sketch()
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY
  /** The points themselves, as long as every window is one. */
  #points: number[] | undefined = []

  /** Buckets and points that are held, as a measure of memory. */
  get held(): number {
    const { positive, negative } = this.#sketch
    return positive.counts.length + negative.counts.length + (this.#points?.length ?? 0)
  }

  add(windows: WindowColumns, row: number, tier: Tier): void {
    const { count, min, max, sketch } = windows
    if (!isPoint(windows, row, tier)) this.#points = undefined
    this.#points?.push(min[row])
    this.#least = Math.min(this.#least, min[row])
    this.#most = Math.max(this.#most, max[row])
    const stored = sketch[row]
    if (stored) this.#sketch.merge(stored)
    else this.#sketch.add(min[row], count[row])
  }

  /** Of points exactly, of windows within the bound of their sketches. @param q from 0 to 1 */
  quantile(q: number): number {
    if (this.#points) return sortedQuantile(q, Float64Array.from(this.#points).sort())
    return sketchQuantile(q, this.#sketch, this.#least, this.#most)
  }
}

/**
 * True if the window says no more than its one point: a reading at its own time, an occurrence that
 * was at the very end of the window, where its row stands.
 */
export function isPoint({ series, start, count, firstMs }: WindowColumns, row: number, tier: Tier): boolean {
  return count[row] === 1 && (series[row].kind === Kind.Sample || firstMs[row] === start[row] + TIER_MS[tier])
}
