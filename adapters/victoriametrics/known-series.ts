import { IdTable } from '../../schemas/series/id-table.js'
import type { SeriesPredicate } from '../../schemas/series/matcher.js'
import type { Series } from '../../schemas/series/series.js'
import { alignDown } from '../../schemas/time.js'
import { unpackSeries } from './frame-content.js'
import { type FramePlace, NUMBERING_MS } from './layout.js'

/** The series that the numbers of one lane, book and hour mean: null for one that is not wanted. */
export class NumberedLane {
  readonly #series: (Series | null | undefined)[] = []
  #below = 0

  set(number: number, series: Series | null): void {
    this.#series[number] = series
    while (this.#series[this.#below] !== undefined) this.#below++
  }

  /** True if every number below this one is known. */
  knows(below: number): boolean {
    return this.#below >= below
  }

  /** The series of a known number, if it is wanted. */
  wanted(number: number): Series | undefined {
    return this.#series[number] ?? undefined
  }
}

/** Series by the numbers that frames of windows name them by, and those of them that a reader wants. */
export class KnownSeries {
  readonly #isWanted: SeriesPredicate
  readonly #lanes = new Map<string, { hourMs: number; lane: NumberedLane }>()
  readonly #ids = new IdTable()
  readonly #wanted: Series[] = []

  constructor(isWanted: SeriesPredicate) {
    this.#isWanted = isWanted
  }

  /** Every wanted series met so far. */
  get wanted(): Series[] {
    return this.#wanted
  }

  /** Takes in the content of a frame of series. */
  learn(place: FramePlace & { startMs: number }, content: Uint8Array): void {
    const lane = this.laneOf(place)
    unpackSeries(content, (number, series) => lane.set(number, this.#isWanted(series) ? this.#same(series) : null))
  }

  /** The numbers that hold where a frame lies. */
  laneOf({ partition, lane, book, startMs }: FramePlace & { startMs: number }): NumberedLane {
    const hourMs = alignDown(startMs, NUMBERING_MS)
    const key = `${partition} ${lane} ${book} ${hourMs}`
    let known = this.#lanes.get(key)
    if (!known) {
      known = { hourMs, lane: new NumberedLane() }
      this.#lanes.set(key, known)
    }
    return known.lane
  }

  /** Forgets the numbers of hours that start before this time. */
  forgetNumbersBefore(hourMs: number): void {
    for (const [key, known] of this.#lanes) if (known.hourMs < hourMs) this.#lanes.delete(key)
  }

  /** The same object for the same series, whichever hour or book names it. */
  #same(series: Series): Series {
    const place = this.#ids.add(series.idLow, series.idHigh)
    if (place === this.#wanted.length) this.#wanted.push(series)
    return this.#wanted[place]
  }
}
