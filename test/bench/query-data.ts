import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { normal, type Random, seededRandom } from '../random.js'
import type { SeriesPoints } from './raw-points.js'

/** How much there is to ask. */
export interface QueryScale {
  days: number
  /** Series of the large set; the other one has a tenth of them. */
  series: number
}

export const DAY_MS = 86_400_000
/** Points are made and sent by stretches of this length: a server that takes them in order of time sees them so. */
const STRETCH_MS = 1_800_000
/** The last point of every series, ms. The first ones are a step behind the beginning. */
export const DATA_END_MS = Date.UTC(2026, 0, 31)
/** Another version of the data does not match what was loaded before. */
const DATA_VERSION = 1

const REGIONS = 6

/** Gives the next value of a series. */
type Values = () => number
type Behaviour = (random: Random) => Values

/** What the hosts of the small set report every 30 s: a metric each, with a label of its own beside host and region. */
const HOST_METRICS: Readonly<Record<string, Behaviour>> = {
  host_cpu: walk(100, 2, 100),
  host_load: walk(8, 0.05, 100),
  host_memory: walk(4_000_000, 200, 1),
  host_disk: walk(9_000_000, 3, 1),
  host_temperature: walk(60, 0.2, 10),
  host_latency: latency,
  host_processes: (random) => () => 180 + Math.floor(random() * 8),
  host_requests_total: counter(300),
  host_bytes_total: counter(200_000),
  host_errors_total: counter(0.1),
}

/** What the hosts of the large set report every 15 min: one metric, ten items. */
const FLEET_ITEMS = 10

/** The times between two points of the two sets, ms. */
const HOST_STEP_MS = 30_000
const FLEET_STEP_MS = 900_000

/** One metric family in the making. */
interface GrowingSeries {
  series: Series
  stepMs: number
  next: Values
}

/** When the data of this scale begin, ms. */
export function dataStartMs({ days }: QueryScale): number {
  return DATA_END_MS - days * DAY_MS
}

/** Points of both sets. */
export function pointsOf({ days, series }: QueryScale): number {
  return days * DAY_MS * (series / 10 / HOST_STEP_MS + series / FLEET_STEP_MS)
}

/** Two scales that give the same points have the same text. */
export function dataIdentity({ days, series }: QueryScale): string {
  return `version ${DATA_VERSION}, ${days} days, ${series} series`
}

/** One stretch of all series, in order of time from stretch to stretch. */
export interface Stretch {
  endMs: number
  points(): Iterable<SeriesPoints>
}

/** All points, the same for the same scale. Each stretch must be read, once, before the next one. */
export function* stretches(scale: QueryScale): Iterable<Stretch> {
  const growing = [...growingSeries(scale)]
  for (let startMs = dataStartMs(scale); startMs < DATA_END_MS; startMs += STRETCH_MS) {
    const times = new Map([HOST_STEP_MS, FLEET_STEP_MS].map((stepMs) => [stepMs, timesOf(startMs, stepMs)]))
    yield {
      endMs: startMs + STRETCH_MS,
      *points() {
        for (const { series, stepMs, next } of growing) {
          const timeMs = times.get(stepMs)!
          const value = new Float64Array(timeMs.length)
          for (let i = 0; i < value.length; i++) value[i] = next()
          yield { series, timeMs, value }
        }
      },
    }
  }
}

function timesOf(startMs: number, stepMs: number): Float64Array {
  return Float64Array.from({ length: STRETCH_MS / stepMs }, (_, i) => startMs + (i + 1) * stepMs)
}

function* growingSeries({ series }: QueryScale): Iterable<GrowingSeries> {
  const metrics = Object.entries(HOST_METRICS)
  const hosts = series / 10 / metrics.length
  for (const [metric, behaviour] of metrics) {
    for (let host = 0; host < hosts; host++) {
      const labels = { host: `host-${host}`, region: `region-${host % REGIONS}`, item: metric.slice('host_'.length) }
      yield growingOf(metric, labels, HOST_STEP_MS, behaviour, host)
    }
  }
  for (let item = 0; item < FLEET_ITEMS; item++) {
    for (let host = 0; host < series / FLEET_ITEMS; host++) {
      const labels = { host: `fleet-${host}`, region: `region-${host % REGIONS}`, item: `i${item}` }
      yield growingOf('fleet_usage', labels, FLEET_STEP_MS, walk(100, 2, 100), series + host * FLEET_ITEMS + item)
    }
  }
}

function growingOf(
  metric: string,
  labels: Record<string, string>,
  stepMs: number,
  behaviour: Behaviour,
  seed: number,
): GrowingSeries {
  return { series: Series.of(metric, labels, Kind.Sample), stepMs, next: behaviour(seededRandom(seed)) }
}

/** Wanders between zero and `high`, in steps of about `move`, rounded to 1 / `grain`. */
function walk(high: number, move: number, grain: number): Behaviour {
  return (random) => {
    let value = random() * high
    return () => {
      value = Math.min(Math.max(value + (random() + random() - 1) * 2 * move, 0), high)
      return Math.round(value * grain) / grain
    }
  }
}

/** Seconds (log-normal), in milliseconds. */
function latency(random: Random): Values {
  return () => Math.round(50 * Math.exp(0.5 * normal(random))) / 1000
}

/** Grows by about `perStep` a step. */
function counter(perStep: number): Behaviour {
  return (random) => {
    let total = 0
    return () => {
      total += Math.floor(-Math.log(1 - random()) * perStep)
      return total
    }
  }
}
