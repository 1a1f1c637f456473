import { Redis } from 'ioredis'
import { createRedisLiveView } from '../../adapters/redis/live-view.js'
import { startStack } from '../../infra/stack/start.js'
import { loadConfig } from '../../schemas/config/load.js'
import { Kind } from '../../schemas/points.js'
import type { LiveView, WindowSelection } from '../../schemas/ports/window-store.js'
import { Series } from '../../schemas/series/series.js'
import { type WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { seededRandom } from '../random.js'
import type { Bench } from './bench.js'

const METRICS = 100
const SERIES = 100_000
const WINDOWS = 30
const T0 = Date.UTC(2026, 0, 1)

/** One partition's windows into Redis, and one metric of them back out. */
export const liveView: Bench = {
  name: 'live-view',
  about: 'closed windows into Redis and back, 100k series of 100 metrics over 5 minutes',
  onlyByName: true,
  async run(context) {
    const stack = await startStack({ dir: context.folder, parts: ['redis'], log: context.progress })
    const config = loadConfig({ env: {}, overrides: { 'redis.url': stack.config.redis?.url } })
    const admin = new Redis(config.redis.url)
    const put: number[] = []
    const cpu: number[] = []
    const bytes: number[] = []
    const one: number[] = []
    const all: number[] = []
    try {
      for (let run = 0; run < context.runs; run++) {
        context.progress(`run ${run + 1}: putting ${WINDOWS} windows of ${SERIES} series`)
        await admin.flushall()
        const feeding = await createRedisLiveView(config, { partitions: 1 })
        const fed = await feed(feeding)
        put.push((SERIES * WINDOWS) / fed.seconds)
        cpu.push((fed.cpuSeconds / (SERIES * WINDOWS)) * 1e6)
        bytes.push(usedMemory(await admin.info('memory')) / (SERIES * WINDOWS))
        await feeding.close()
        context.progress('reading')
        const reading = await createRedisLiveView(config)
        const metric = [{ name: '__name__', op: '=' as const, value: 'metric_7' }]
        await read(reading, metric)
        one.push((await read(reading, metric)).seconds * 1000)
        const { rows, seconds } = await read(reading, [])
        all.push(rows / seconds)
        await reading.close()
      }
    } finally {
      admin.disconnect()
      await stack.stop()
    }
    return [
      { key: 'live view: put', unit: 'windows/s', values: put, cpuSecondsPerMillion: cpu },
      { key: 'live view: memory of Redis', unit: 'B/window', values: bytes },
      { key: 'live view: read one metric of 1k series', unit: 'ms', values: one },
      { key: 'live view: read everything', unit: 'windows/s', values: all },
    ]
  },
}

async function feed(view: LiveView): Promise<{ seconds: number; cpuSeconds: number }> {
  const random = seededRandom(1)
  const series = Array.from({ length: SERIES }, (_, i) => {
    const host = `ip-10-0-${Math.floor(i / METRICS)}.eu-west-1.compute.internal`
    return Series.of(`metric_${i % METRICS}`, { host, region: 'eu-west-1', service: `api-${i % 20}` }, Kind.Sample)
  })
  const into = await view.follow(0, T0)
  const spent = { seconds: 0, cpuSeconds: 0 }
  for (let i = 0; i < WINDOWS; i++) {
    const batch = batchOf(series, T0 + i * 10_000, random)
    const begun = performance.now()
    const cpu = process.cpuUsage()
    await into.put([batch], batch.startMs + 10_000)
    const { user, system } = process.cpuUsage(cpu)
    spent.seconds += (performance.now() - begun) / 1000
    spent.cpuSeconds += (user + system) / 1e6
  }
  return spent
}

/** A reading of each series, at a time of its own. */
function batchOf(series: readonly Series[], startMs: number, random: () => number): WindowBatch {
  const windows = new WindowColumns(series.length)
  for (const one of series) {
    const row = windows.push(one, startMs)
    const value = random() * 100
    windows.count[row] = 1
    for (const column of ['sum', 'min', 'max', 'first', 'last'] as const) windows[column][row] = value
    windows.firstMs[row] = startMs + Math.floor(random() * 10_000)
    windows.lastMs[row] = windows.firstMs[row]
  }
  return { partition: 0, startMs, closed: true, windows }
}

async function read(view: LiveView, matchers: WindowSelection['matchers']): Promise<{ rows: number; seconds: number }> {
  const begun = performance.now()
  let rows = 0
  for await (const windows of view.read({ startMs: T0, endMs: T0 + WINDOWS * 10_000, matchers })) rows += windows.length
  const expected = matchers.length === 0 ? SERIES * WINDOWS : (SERIES / METRICS) * WINDOWS
  if (rows !== expected) throw new Error(`${rows} windows were read instead of ${expected}`)
  return { rows, seconds: (performance.now() - begun) / 1000 }
}

function usedMemory(info: string): number {
  return Number(/used_memory:(\d+)/.exec(info)?.[1])
}
