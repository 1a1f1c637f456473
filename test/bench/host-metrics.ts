import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { normal, type Random, seededRandom } from '../random.js'
import type { SeriesPoints } from './raw-points.js'

const STEP_MS = 10_000
const PAGE_BYTES = 4096
const GIB = 2 ** 30

/** Gives the value of a metric at each of a number of steps. */
type Behaviour = (random: Random, length: number) => Float64Array

/** What an agent reads of a host: 50 series, by metric and label value. */
const METRICS: readonly [metric: string, label: string, values: readonly string[], behaviour: Behaviour][] = [
  ['cpu_usage', 'mode', ['user', 'system', 'nice', 'iowait', 'irq', 'softirq', 'steal', 'idle'], cpuShare],
  ['system', 'load', ['load1', 'load5', 'load15'], load],
  [
    'mem_bytes',
    'state',
    ['used', 'free', 'available', 'cached', 'buffered', 'active', 'inactive', 'slab', 'dirty', 'mapped'],
    pages,
  ],
  ['mem_total', 'state', ['total', 'swap', 'huge_page_size', 'commit_limit'], constant],
  ['disk_used', 'path', ['/', '/var', '/home'], filling],
  ['disk_total', 'path', ['/', '/var', '/home'], constant],
  ['diskio', 'counter', ['reads', 'writes', 'read_bytes', 'write_bytes', 'io_time'], counter(40)],
  ['net', 'counter', ['bytes_sent', 'bytes_recv', 'packets_sent', 'packets_recv'], counter(200_000)],
  ['net_errors', 'counter', ['err_in', 'err_out', 'drop_in', 'drop_out'], counter(0.001)],
  ['processes', 'state', ['running', 'sleeping', 'blocked', 'zombies'], small],
  ['system_up', 'what', ['n_cpus', 'n_users'], constant],
]

/**
 * The points of `hosts` hosts in a stretch of time, 10 s apart, series by series. Half of the agents round their
 * times, the others are some milliseconds off. The same for the same arguments.
 */
export function* hostSeries(hosts: number, startMs: number, lengthMs: number): Iterable<SeriesPoints> {
  const length = lengthMs / STEP_MS
  for (let host = 0; host < hosts; host++) {
    const random = seededRandom(host + startMs / STEP_MS)
    const offsetMs = Math.floor(random() * (STEP_MS - 100))
    const timeMs = Float64Array.from(
      { length },
      (_, i) => startMs + i * STEP_MS + (host % 2 === 0 ? STEP_MS : 1 + offsetMs + Math.floor(random() * 5)),
    )
    for (const [metric, label, values, behaviour] of METRICS) {
      for (const value of values) {
        const labels = {
          host: `host-${host}.example.com`,
          region: `region-${host % 6}`,
          service: `service-${host % 20}`,
          [label]: value,
        }
        yield { series: Series.of(metric, labels, Kind.Sample), timeMs, value: behaviour(random, length) }
      }
    }
  }
}

/** A share of 10 s of processor time that is counted in hundredths of a second: a float with all its digits. */
function cpuShare(random: Random, length: number): Float64Array {
  let ticks = 20 + random() * 400
  return Float64Array.from({ length }, () => {
    ticks = clamp(ticks + normal(random) * 20, 0, 4000)
    return (100 * Math.round(ticks)) / (3998 + Math.floor(random() * 5))
  })
}

function load(random: Random, length: number): Float64Array {
  let value = random() * 4
  return Float64Array.from({ length }, () => {
    value = clamp(value + normal(random) * 0.05, 0, 64)
    return Math.round(value * 100) / 100
  })
}

function pages(random: Random, length: number): Float64Array {
  let bytes = random() * 16 * GIB
  return Float64Array.from({ length }, () => {
    bytes = clamp(bytes + normal(random) * 200 * PAGE_BYTES, 0, 32 * GIB)
    return Math.round(bytes / PAGE_BYTES) * PAGE_BYTES
  })
}

function filling(random: Random, length: number): Float64Array {
  let bytes = Math.round((random() * 100 * GIB) / PAGE_BYTES) * PAGE_BYTES
  return Float64Array.from({ length }, () => {
    if (random() < 0.3) bytes += Math.floor(random() * 50) * PAGE_BYTES
    return bytes
  })
}

/** A counter that grows by about `perStep` in ten seconds. */
function counter(perStep: number): Behaviour {
  return (random, length) => {
    let total = Math.floor(random() * perStep * 100_000)
    return Float64Array.from({ length }, () => {
      total += Math.floor(-Math.log(1 - random()) * perStep + (perStep < 1 ? perStep : 0))
      return total
    })
  }
}

function small(random: Random, length: number): Float64Array {
  const usual = Math.floor(random() * 200)
  return Float64Array.from({ length }, () => usual + Math.floor(random() * 4))
}

function constant(random: Random, length: number): Float64Array {
  return new Float64Array(length).fill(Math.ceil(random() * 64) * GIB)
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
