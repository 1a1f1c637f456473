import type { TidemarkError } from '../../schemas/errors.js'
import type { MetricMetadata } from '../../schemas/metadata.js'
import type { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { PointSink } from '../sink.js'

/** Time that a decoder gives to points without one, so that they can be told from those with a timestamp. */
export const UNTIMED = Number.NaN

/** Vanished series that are remembered before the table is rebuilt without them. */
const SPARE_ENTRIES = 1000

/** A handle that has to be resolved again, because the sink's epoch changed. */
const UNRESOLVED = -2

interface Entry {
  key: string
  metric: string
  labels: readonly Label[]
  kind: Kind
  handle: number
  /** Number of the last scrape that had it. */
  seenIn: number
  /** Number of the last scrape that had it without a timestamp. */
  untimedIn: number
  /** True if a staleness marker is due once it vanishes. */
  isTracked: boolean
}

/** What one scrape brought. */
export interface ScrapeCounts {
  /** Samples that were understood. */
  scraped: number
  /** Those of them whose series was taken. */
  kept: number
  /** Series that the last good scrape did not have. */
  added: number
  refused: number
  firstRefusal: string | undefined
}

/**
 * The series of one target from scrape to scrape: a sink for the decoder that passes everything on to the request of
 * the scrape, stamps points that have no time, and knows which series have vanished and need a staleness marker.
 * Series with timestamps of their own get none, as in Prometheus.
 */
export class ScrapedSeries implements PointSink {
  epoch = 0
  position = 0
  #entries: Entry[] = []
  #byKey = new Map<string, Entry & { index: number }>()
  #inner!: PointSink
  #innerEpoch = Number.NaN
  #scrape = 0
  #lastGoodScrape = 0
  #timeMs = 0
  #counts = noCounts()

  /** How many series are remembered. */
  get size(): number {
    return this.#entries.length
  }

  get counts(): Readonly<ScrapeCounts> {
    return this.#counts
  }

  /** Begins a scrape whose points go to `request` and whose untimed points are of `timeMs`. */
  begin(request: PointSink, timeMs: number): void {
    this.#scrape++
    this.#timeMs = timeMs
    this.#inner = request
    this.#counts = noCounts()
    if (request.epoch === this.#innerEpoch) return
    this.#innerEpoch = request.epoch
    for (const entry of this.#entries) entry.handle = UNRESOLVED
  }

  series(metric: string, labels: readonly Label[], kind: Kind): number {
    const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1))
    const key = JSON.stringify([metric, ...sorted])
    const known = this.#byKey.get(key)
    if (known !== undefined) return known.index
    this.#inner.position = this.position
    const handle = this.#inner.series(metric, labels, kind)
    if (handle === -1) {
      this.#counts.scraped++
      return -1
    }
    const entry = { key, metric, labels: sorted, kind, handle, seenIn: 0, untimedIn: 0, isTracked: false }
    return this.#append(entry)
  }

  add(index: number, timeMs: number, value: number, weight: number): void {
    this.#counts.scraped++
    const entry = this.#entries[index]
    this.#inner.position = this.position
    const handle = this.#handleOf(entry)
    if (handle === -1) return
    const isUntimed = Number.isNaN(timeMs)
    if (entry.seenIn !== this.#scrape) {
      if (entry.seenIn === 0 || entry.seenIn !== this.#lastGoodScrape) this.#counts.added++
      entry.seenIn = this.#scrape
    }
    if (isUntimed) {
      entry.untimedIn = this.#scrape
      entry.isTracked = true
    }
    this.#counts.kept++
    this.#inner.add(handle, isUntimed ? this.#timeMs : timeMs, value, weight)
  }

  addStale(index: number, timeMs: number): void {
    const handle = this.#handleOf(this.#entries[index])
    if (handle !== -1) this.#inner.addStale(handle, timeMs)
  }

  describe(metric: string, said: Partial<MetricMetadata>): void {
    this.#inner.describe?.(metric, said)
  }

  refuse(error: TidemarkError, text?: string): void {
    this.#counts.refused++
    this.#counts.firstRefusal ??= `line ${this.position}: ${error.message}`
    this.#inner.position = this.position
    this.#inner.refuse(error, text)
  }

  /** Writes a staleness marker, at the time of the scrape, for each series that it did not have any more. */
  markVanished(): void {
    this.#inner.position = 0
    this.#entries.forEach((entry, index) => {
      if (entry.isTracked && entry.untimedIn !== this.#scrape) this.addStale(index, this.#timeMs)
    })
  }

  /**
   * The scrape's points and markers are stored. Until this is called the markers are due again at the next scrape.
   * @param isGood false if the scrape failed
   */
  settle(isGood: boolean): void {
    if (isGood) this.#lastGoodScrape = this.#scrape
    let idle = 0
    for (const entry of this.#entries) {
      if (entry.untimedIn !== this.#scrape) entry.isTracked = false
      if (!this.#isLive(entry)) idle++
    }
    if (idle > SPARE_ENTRIES && idle * 2 > this.#entries.length) this.#forgetVanished()
  }

  #isLive(entry: Entry): boolean {
    return entry.isTracked || entry.seenIn === this.#lastGoodScrape
  }

  /** Rebuilds the table; the indexes that decoders remember are void, which the new epoch tells them. */
  #forgetVanished(): void {
    const live = this.#entries.filter((entry) => this.#isLive(entry))
    this.#entries = []
    this.#byKey = new Map()
    this.epoch++
    for (const entry of live) this.#append(entry)
  }

  #append(entry: Entry): number {
    const index = this.#entries.length
    const indexed = Object.assign(entry, { index })
    this.#entries.push(indexed)
    this.#byKey.set(entry.key, indexed)
    return index
  }

  #handleOf(entry: Entry): number {
    if (entry.handle !== UNRESOLVED) return entry.handle
    const handle = this.#inner.series(entry.metric, entry.labels, entry.kind)
    if (handle !== -1) entry.handle = handle
    return handle
  }
}

function noCounts(): ScrapeCounts {
  return { scraped: 0, kept: 0, added: 0, refused: 0, firstRefusal: undefined }
}
