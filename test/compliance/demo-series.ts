import type { WriteSeries } from '../../ingest/remote-write/encode.js'
import type { Label } from '../../schemas/series/series.js'

/** One series of the data set, and its points as a function of time. */
interface DemoSeries {
  /** Sorted, the metric name among them. */
  labels: readonly Label[]
  /** Between two points. */
  spacingMs: number
  /** Points lie this long after the multiples of the spacing. */
  offsetMs: number
  /** Undefined where there is no point. @param second since the start of the data */
  at(second: number): number | 'stale' | undefined
}

/** What the points of one instance have in common. */
interface Instance {
  name: string
  spacingMs: number
  offsetMs: number
  /** So that instances differ. */
  seed: number
}

const LE = ['0.01', '0.05', '0.1', '0.5', '1', '+Inf']
const METHODS = ['GET', 'POST']
const STATUSES = ['200', '404', '500']
const SLICE_MS = 10_000

/**
 * The instances: scraped every 10, 15 and 30 s. @param onGrid some of their points lie exactly on multiples of the
 * spacing, where open and closed ranges differ
 */
export function demoInstances(onGrid: boolean): Instance[] {
  return [
    { name: 'demo-a.example:8080', spacingMs: 10_000, offsetMs: onGrid ? 0 : 4_217, seed: 1 },
    { name: 'demo-b.example:8080', spacingMs: 15_000, offsetMs: onGrid ? 0 : 7_431, seed: 2 },
    { name: 'demo-c.example:8080', spacingMs: 30_000, offsetMs: 1_009, seed: 3 },
  ]
}

/**
 * The points of all series in (startMs, endMs], in slices of 10 s as agents send them, with how many points there are
 * beside staleness markers.
 */
export function* demoSlices(
  instances: readonly Instance[],
  startMs: number,
  endMs: number,
): Generator<{ untilMs: number; series: WriteSeries[]; points: number }> {
  const all = instances.flatMap(seriesOf)
  for (let sliceMs = startMs; sliceMs < endMs; sliceMs += SLICE_MS) {
    const untilMs = Math.min(sliceMs + SLICE_MS, endMs)
    const series = all.map((one) => ({ labels: one.labels, samples: samplesIn(one, startMs, sliceMs, untilMs) }))
    const sent = series.filter(({ samples }) => samples.length > 0)
    const values = sent.flatMap(({ samples }) => samples).filter(({ value }) => value !== 'stale')
    yield { untilMs, series: sent, points: values.length }
  }
}

function samplesIn({ spacingMs, offsetMs, at }: DemoSeries, startMs: number, afterMs: number, untilMs: number) {
  const samples: { timeMs: number; value: number | 'stale' }[] = []
  let timeMs = Math.floor((afterMs - offsetMs) / spacingMs) * spacingMs + offsetMs
  for (; timeMs <= untilMs; timeMs += spacingMs) {
    const value = timeMs > afterMs ? at((timeMs - startMs) / 1000) : undefined
    if (value !== undefined) samples.push({ timeMs, value })
  }
  return samples
}

function seriesOf(instance: Instance): DemoSeries[] {
  const { seed, spacingMs, offsetMs } = instance
  const series: DemoSeries[] = []
  const add = (metric: string, labels: Record<string, string>, at: DemoSeries['at']) => {
    const named = { __name__: metric, instance: instance.name, job: 'demo', ...labels }
    const sorted = Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1))
    series.push({ labels: sorted, spacingMs, offsetMs, at })
  }
  for (const [i, mode] of ['idle', 'user', 'system'].entries()) {
    add('demo_cpu_usage_seconds_total', { mode }, counter(5000 * seed + 300 * i, 0.3 + 0.1 * i, 400 + 90 * seed))
  }
  for (const [i, type] of ['used', 'free', 'cached', 'buffers'].entries()) {
    add('demo_memory_usage_bytes', { type }, wave(seed * 1e8, (1 + i) * 1e7, 120 + 37 * i))
  }
  add('demo_num_cpus', {}, () => 2 ** seed)
  add('demo_disk_usage_bytes', {}, (second) => 1e10 * seed + 12_345.678 * second)
  add('demo_disk_total_bytes', {}, () => 2.5e11)
  add('demo_items_shipped_total', {}, counter(800, 0.7 * seed, 650))
  add('demo_batch_last_success_timestamp_seconds', {}, (second) => 1_700_000_000 + Math.floor(second / 90) * 90)
  add('demo_is_holiday', {}, (second) => Math.floor(second / 240) % 2)
  add('demo_odd_value', {}, odd(seed))
  add('up', {}, () => 1)
  if (seed !== 2) add('demo_intermittent_metric', {}, intermittent(spacingMs / 1000))
  for (const [i, method] of METHODS.entries()) {
    for (const [j, status] of STATUSES.entries()) {
      const requests = counter(900 + 100 * seed, (2 - i) / (1 + 4 * j), 700)
      const labels = { method, status, path: '/api/foo' }
      for (const [k, le] of LE.entries()) {
        const share = (k + 1) / LE.length
        add('demo_api_request_duration_seconds_bucket', { ...labels, le }, (s) => Math.floor(requests(s) * share))
      }
      add('demo_api_request_duration_seconds_count', labels, (second) => Math.floor(requests(second)))
      add('demo_api_request_duration_seconds_sum', labels, (second) => requests(second) * 0.123)
    }
  }
  return series
}

/** Grows, never evenly, and starts again from a low value after each period. */
function counter(base: number, perSecond: number, periodS: number): (second: number) => number {
  return (second) => {
    const since = second % periodS
    const start = second < periodS ? base : perSecond * 20
    return start + perSecond * (since + 3 * Math.sin(since / 17))
  }
}

function wave(level: number, height: number, periodS: number): (second: number) => number {
  return (second) => level + height * Math.sin((2 * Math.PI * second) / periodS) + height * 0.1 * Math.cos(second)
}

function odd(seed: number): (second: number) => number {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, -1.5, 0, 1e-9, Number.NEGATIVE_INFINITY, 42, 1e15, -0.25]
  return (second) => values[(Math.floor(second / 37) * seed) % values.length]
}

/** There for three minutes, ended by a marker, away for two. */
function intermittent(spacingS: number): DemoSeries['at'] {
  return (second) => {
    const at = second % 300
    if (at < 180) return second
    return at < 180 + spacingS ? 'stale' : undefined
  }
}
