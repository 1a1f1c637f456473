import { Kind } from '../../schemas/points.js'
import type { Random } from './random.js'

/** A series that the simulated client sends. */
export interface SimSeries {
  metric: string
  labels: Readonly<Record<string, string>>
  kind: Kind
  /** Which of the client's machines sends it. */
  sender: number
  /** What its values are. */
  shape: 'gauge' | 'total' | 'occurrence' | 'duration'
}

/** A point as the client knows it. */
export interface SimPoint {
  series: SimSeries
  timeMs: number
  value: number
  stale: boolean
  weight: number
}

interface QueuedPoint {
  point: SimPoint
  /** When its agent gets round to sending it, ms. */
  dueMs: number
}

const SENDERS = 4
const HOUR_MS = 3_600_000
const STEP_MS = 10_000

const gauge = (metric: string, host: string, region: string, sender: number): SimSeries => ({
  metric,
  labels: { host, region },
  kind: Kind.Sample,
  sender,
  shape: 'gauge',
})

/** Every series of the simulated client: all three kinds, sources of both rollups, some of them quiet. */
const SERIES: readonly SimSeries[] = [
  gauge('cpu', 'h0', 'eu', 0),
  gauge('cpu', 'h1', 'eu', 1),
  gauge('cpu', 'h2', 'us', 2),
  gauge('memory', 'h3', 'us', 3),
  { metric: 'requests_total', labels: { host: 'h0' }, kind: Kind.Sample, sender: 0, shape: 'total' },
  { metric: 'requests_total', labels: { host: 'h1' }, kind: Kind.Sample, sender: 1, shape: 'total' },
  { metric: 'hits', labels: { page: 'start' }, kind: Kind.EventCounter, sender: 2, shape: 'occurrence' },
  { metric: 'hits', labels: { page: 'cart' }, kind: Kind.EventCounter, sender: 3, shape: 'occurrence' },
  { metric: 'latency', labels: { route: '/', region: 'eu' }, kind: Kind.EventTimer, sender: 1, shape: 'duration' },
  { metric: 'latency', labels: { route: '/buy', region: 'eu' }, kind: Kind.EventTimer, sender: 3, shape: 'duration' },
]

/**
 * The agents of the simulated machines: they make points, send them late, twice, out of order and from clocks that are
 * wrong, and hold what was not taken until it is.
 */
export class SimClient {
  readonly #random: Random
  /** How far each machine's clock is ahead, ms. */
  readonly #skewMs: number[]
  /** How long each machine takes to send, ms. */
  readonly #delayMs: number[]
  /** How far back the stretches lie that are sent again from old files, ms. */
  readonly #historyMs: number[]
  readonly #totals = new Map<SimSeries, number>()
  #queue: QueuedPoint[] = []

  constructor(random: Random) {
    this.#random = random
    const skew = () =>
      random.chance(0.6) ? 0 : random.chance(0.7) ? random.whole(-20_000, 20_000) : random.whole(-600_000, 590_000)
    this.#skewMs = Array.from({ length: SENDERS }, skew)
    this.#historyMs = [random.whole(1, HOUR_MS), random.whole(1, 3 * HOUR_MS)]
    this.#delayMs = Array.from({ length: SENDERS }, () => (random.chance(0.7) ? 4_000 : random.whole(5_000, 90_000)))
  }

  /** Points of one moment from every machine. */
  produce(nowMs: number): void {
    for (const series of SERIES) {
      if (!this.#random.chance(0.55)) continue
      const point = this.#point(series, nowMs)
      this.#enqueue(point, nowMs)
      // The same reading again, with another value: the larger one counts.
      if (series.kind === Kind.Sample && this.#random.chance(0.06)) {
        this.#enqueue(
          { ...point, value: point.value + this.#random.whole(-2, 2), stale: this.#random.chance(0.2) },
          nowMs,
        )
      }
    }
  }

  /** The next request: some of what is due, in any order; all there is if `everything`. */
  nextRequest(nowMs: number, everything = false): SimPoint[] {
    const due = this.#queue.filter(({ dueMs }) => everything || dueMs <= nowMs)
    const taken = new Set(this.#random.shuffled(due).slice(0, everything ? due.length : this.#random.whole(1, 40)))
    this.#queue = this.#queue.filter((queued) => !taken.has(queued))
    return [...taken].map(({ point }) => point)
  }

  /** Keeps points that were not taken, to be sent again. */
  keep(points: readonly SimPoint[], nowMs: number): void {
    for (const point of points) this.#queue.push({ point, dueMs: nowMs + this.#random.whole(500, 20_000) })
  }

  #enqueue(point: SimPoint, nowMs: number): void {
    const late = this.#random.next()
    const delayMs =
      late < 0.96 ? this.#random.whole(0, this.#delayMs[point.series.sender]) : this.#random.whole(30_000, 300_000)
    this.#queue.push({ point, dueMs: nowMs + delayMs })
  }

  #point(series: SimSeries, nowMs: number): SimPoint {
    const random = this.#random
    const history = random.chance(0.006) ? random.pick(this.#historyMs) : 0
    const takenMs = nowMs + this.#skewMs[series.sender] - history - random.whole(0, 3000)
    // Many agents round to whole steps: such a point is the last of its window.
    const timeMs = random.chance(0.2) ? takenMs - (takenMs % STEP_MS) : takenMs
    const stale = series.kind === Kind.Sample && random.chance(0.03)
    const weight = series.shape === 'duration' && random.chance(0.3) ? random.pick([2, 4, 10]) : 1
    return { series, timeMs, value: this.#value(series), stale, weight }
  }

  #value(series: SimSeries): number {
    const random = this.#random
    switch (series.shape) {
      case 'gauge':
        if (random.chance(0.04))
          return random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0])
        return random.whole(-40, 400) / 4
      case 'total': {
        const before = random.chance(0.03) ? 0 : (this.#totals.get(series) ?? 0)
        this.#totals.set(series, before + random.whole(0, 20))
        return this.#totals.get(series) ?? 0
      }
      case 'occurrence':
        return random.whole(1, 5)
      case 'duration':
        return random.whole(1, 4000) / 8
    }
  }
}
