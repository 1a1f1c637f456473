import { encodeLabels } from './label-bytes.js'
import type { FramePlace } from './layout.js'

/** Labels kept at most: those of the books at hand, in which every window goes to the same ones again. */
const KEPT = 10_000

/** The labels of the series that carry frames. */
export class CarrierLabels {
  readonly #tidemark: string
  readonly #kept = new Map<string, Uint8Array>()

  /** @param tidemark victoriametrics.name */
  constructor(tidemark: string) {
    this.#tidemark = tidemark
  }

  /** As remote write takes them. */
  of(metric: string, { partition, lane, book, stepMs }: FramePlace, strip: number): Uint8Array {
    const key = `${metric} ${partition} ${lane} ${book} ${strip}`
    let labels = this.#kept.get(key)
    if (!labels) {
      const pairs: [string, string][] = [
        ['__name__', metric],
        ['book', book],
        ['lane', `${lane}`],
        ['partition', `${partition}`],
        ['strip', `${strip}`],
      ]
      if (stepMs !== 1) pairs.push(['step', `${stepMs}`])
      if (this.#tidemark !== '') pairs.push(['tidemark', this.#tidemark])
      labels = encodeLabels(pairs)
      if (this.#kept.size === KEPT) this.#kept.clear()
      this.#kept.set(key, labels)
    }
    return labels
  }

  /**
   * A selector that finds them.
   * @param lanes undefined: all
   * @param nonce makes the selector a new one: VictoriaMetrics remembers for ten seconds which series one finds
   */
  selector(metric: string, lanes: readonly number[] | undefined, nonce: number): string {
    const filters = [`__name__="${metric}"`, `tidemark=${JSON.stringify(this.#tidemark)}`, `at!="${nonce}"`]
    if (lanes) filters.push(`lane=~"${lanes.join('|')}"`)
    return `{${filters.join(',')}}`
  }
}
