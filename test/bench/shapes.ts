import { WINDOW_MS } from '../../schemas/time.js'
import { normal, type Random, seededRandom } from '../random.js'

/** A request body in line protocol. */
export interface Body {
  bytes: Buffer
  points: number
}

/** A shape of input: how many series, and how densely each has points. */
export interface Shape {
  name: string
  series: number
  /** Points of one series in one window of 10 s. */
  pointsPerWindow: number
  /** The request bodies of one window. `fleet` names the senders: another fleet has other series. */
  bodies(startMs: number, fleet: string, random: Random): Iterable<Body>
}

/** Points in a request: 1000 lines of ten fields, or as many lines of one. */
const POINTS_PER_BODY = 10_000

/** Fields of a line of the Time Series Benchmark Suite's `cpu-only` use case. */
const CPU_FIELDS = ['user', 'system', 'idle', 'nice', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice']
const LINES_PER_BODY = POINTS_PER_BODY / CPU_FIELDS.length

/** One value a line, 100 ms apart. */
const DENSE_STEP_MS = 100

/** The shapes of data that the figures of peers are known for. */
export const SHAPES: readonly Shape[] = [sparse('low10k', 1000), sparse('low100k', 10_000), dense('dense1k', 1000)]

/** Bodies of `windows` consecutive windows from `startMs` on, the same for the same arguments. */
export function* bodiesOf(shape: Shape, startMs: number, windows: number, fleet = 'host'): Iterable<Body> {
  for (let w = 0; w < windows; w++) {
    const windowMs = startMs + w * WINDOW_MS
    yield* shape.bodies(windowMs, fleet, seededRandom(shape.series + windowMs / WINDOW_MS))
  }
}

/** Ten series a host, one point each: the `cpu-only` use case. */
function sparse(name: string, hosts: number): Shape {
  return {
    name,
    series: hosts * CPU_FIELDS.length,
    pointsPerWindow: 1,
    *bodies(startMs, fleet, random) {
      for (let from = 0; from < hosts; from += LINES_PER_BODY) {
        const lines: string[] = []
        for (let host = from; host < Math.min(hosts, from + LINES_PER_BODY); host++) {
          const fields = CPU_FIELDS.map((field) => `usage_${field}=${Math.floor(random() * 101)}i`).join(',')
          // Agents flush on their own beat: hosts are spread over the window.
          const timeMs = startMs + 1 + Math.floor((host / hosts) * WINDOW_MS)
          lines.push(`cpu,${hostTags(fleet, host)} ${fields} ${timeMs}000000`)
        }
        yield { bytes: Buffer.from(lines.join('\n')), points: lines.length * CPU_FIELDS.length }
      }
    },
  }
}

/** One series a host, a hundred points each: latencies (log-normal). */
function dense(name: string, hosts: number): Shape {
  const ticks = WINDOW_MS / DENSE_STEP_MS
  return {
    name,
    series: hosts,
    pointsPerWindow: ticks,
    *bodies(startMs, fleet, random) {
      const ticksPerBody = POINTS_PER_BODY / hosts
      for (let from = 0; from < ticks; from += ticksPerBody) {
        const lines: string[] = []
        for (let tick = from; tick < from + ticksPerBody; tick++) {
          const timeMs = startMs + (tick + 1) * DENSE_STEP_MS
          for (let host = 0; host < hosts; host++) {
            const seconds = 0.05 * Math.exp(0.5 * normal(random))
            lines.push(
              `api_latency,host=${fleet}_${host},region=${REGIONS[host % REGIONS.length]} value=${seconds.toFixed(3)} ${timeMs}000000`,
            )
          }
        }
        yield { bytes: Buffer.from(lines.join('\n')), points: lines.length }
      }
    },
  }
}

const REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1', 'eu-west-1', 'ap-southeast-1', 'sa-east-1']

/** The ten tags of a host in that suite. */
function hostTags(fleet: string, host: number): string {
  const region = REGIONS[host % REGIONS.length]
  return [
    `hostname=${fleet}_${host}`,
    `region=${region}`,
    `datacenter=${region}${'abc'[host % 3]}`,
    `rack=${host % 100}`,
    `os=Ubuntu16.${host % 2 === 0 ? '04' : '10'}LTS`,
    `arch=${host % 3 === 0 ? 'x86' : 'x64'}`,
    `team=${['SF', 'NYC', 'LON', 'CHI'][host % 4]}`,
    `service=${host % 20}`,
    `service_version=${host % 2}`,
    `service_environment=${['production', 'staging', 'test'][host % 3]}`,
  ].join(',')
}
