import { bucketsOf, type ExponentialHistogram, growth } from './exponential.js'

/** Takes back what one request changed in the states; called if its points could not be stored. */
export type TakeBack = () => void

interface State {
  startMs: number
  timeMs: number
  histogram: ExponentialHistogram
}

interface Change {
  key: string
  before: State | undefined
  after: State
}

/** Average number of buckets that a state may have before states are forgotten for the sake of memory. */
const BUCKETS_A_STATE = 64

/**
 * Turns cumulative exponential histograms into what was observed since the one before. Holds the last histogram of
 * each series, the least recently seen forgotten first.
 *
 * Rules, in this order:
 * - A histogram that is not newer than the last one adds nothing: its growth is or will be part of a newer one.
 * - The first one of a series is only a baseline, unless its start time lies after this object's creation (and after
 *   the last time of any forgotten series): then nothing of it was seen before and it counts in full.
 * - If the start time moved or any count fell, the sender began anew: the histogram counts in full if its start time
 *   is not before the last one's time, or if it has no start time (Prometheus); otherwise it is a new baseline.
 * - Otherwise what counts is the growth since the last one.
 *
 * A start time equal to the histogram's own time says that the true start is unknown (OpenTelemetry data model).
 * Behind a load balancer a series' histograms must reach the same process, as with every receiver of differences.
 */
export class CumulativeHistograms {
  readonly #states = new Map<string, State>()
  readonly #maxStates: number
  #buckets = 0
  #unseenSinceMs: number
  #changes: Change[] = []

  /**
   * @param maxStates series whose last histogram is kept
   * @param createdMs the time now, ms since the epoch
   */
  constructor(maxStates: number, createdMs: number) {
    this.#maxStates = maxStates
    this.#unseenSinceMs = createdMs
  }

  /** How many series have a state. */
  get size(): number {
    return this.#states.size
  }

  /** Begins a request; what it changes can be taken back as one. */
  begin(): void {
    this.#changes = []
  }

  /**
   * Takes back the changes since {@link begin}. A series that a later request has changed meanwhile stays as it is.
   */
  takeBack(): TakeBack {
    const changes = this.#changes
    return () => {
      for (const { key, before, after } of changes.toReversed()) {
        if (this.#states.get(key) !== after) continue
        this.#forget(key)
        if (before !== undefined) this.#keep(key, before)
      }
    }
  }

  /**
   * What `histogram` adds to what was seen of the series, or undefined if it adds nothing.
   * @param key identifies the series
   * @param startMs when its counting began, 0 if not known
   */
  observe(
    key: string,
    histogram: ExponentialHistogram,
    startMs: number,
    timeMs: number,
  ): ExponentialHistogram | undefined {
    const before = this.#states.get(key)
    if (before !== undefined && timeMs <= before.timeMs) return undefined
    const knownStartMs = startMs < timeMs ? startMs : Number.NaN
    const added =
      before === undefined ? this.#first(histogram, knownStartMs) : since(before, histogram, startMs, knownStartMs)
    const after = { startMs, timeMs, histogram }
    this.#forget(key)
    this.#keep(key, after)
    this.#changes.push({ key, before, after })
    return added
  }

  #first(histogram: ExponentialHistogram, startMs: number): ExponentialHistogram | undefined {
    return startMs >= this.#unseenSinceMs ? histogram : undefined
  }

  #keep(key: string, state: State): void {
    this.#states.set(key, state)
    this.#buckets += bucketsOf(state.histogram)
    for (const [oldest, { timeMs }] of this.#states) {
      if (this.#states.size <= this.#maxStates && this.#buckets <= this.#maxStates * BUCKETS_A_STATE) return
      this.#unseenSinceMs = Math.max(this.#unseenSinceMs, timeMs)
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    const state = this.#states.get(key)
    if (state === undefined) return
    this.#buckets -= bucketsOf(state.histogram)
    this.#states.delete(key)
  }
}

function since(
  before: State,
  histogram: ExponentialHistogram,
  startMs: number,
  knownStartMs: number,
): ExponentialHistogram | undefined {
  const grown = startMs === before.startMs ? growth(histogram, before.histogram) : undefined
  if (grown !== undefined) return grown.count > 0 ? grown : undefined
  return startMs === 0 || knownStartMs >= before.timeMs ? histogram : undefined
}
