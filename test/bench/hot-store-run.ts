import { createVictoriaMetricsHotStore } from '../../adapters/victoriametrics/hot-store.js'
import { createGateway } from '../../ingest/gateway/gateway.js'
import { InfluxDecoder } from '../../ingest/influx/decoder.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'
import { decodeRecord } from '../../schemas/log/record.js'
import type { Log } from '../../schemas/ports/log.js'
import { alignDown, WINDOW_MS } from '../../schemas/time.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import { PartitionState } from '../../speed/partition-state.js'
import { Rollups } from '../../speed/rollup.js'
import { answerRequests, type Spent, startMeter } from './measured-process.js'
import { bodiesOf, SHAPES, type Shape } from './shapes.js'

/** What the bench asks: to write the windows of a shape, and to read those of one metric. */
export interface HotStoreRequest {
  url: string
  shape: string
  windows: number
  parts: Config['victoriametrics']['parts']
  metric: string
}

/** What it took. */
export interface HotStoreAnswer {
  /** Without the first half, while the code is cold. */
  written: Spent
  windows: number
  points: number
  /** Windows written in all. */
  allWindows: number
  read: Spent
  windowsRead: number
}

const PARTITIONS = 4
const RULES = { latenessMs: 15_000, idleAfterMs: 30_000 }
/** Until the server shows what it has taken, ms. */
const SHOWN_MS = 6000

answerRequests<HotStoreRequest>(run, async () => {})

async function run({ url, shape: name, windows, parts, metric }: HotStoreRequest): Promise<HotStoreAnswer> {
  const config = loadConfig({ env: {} })
  Object.assign(config.victoriametrics, { url, name: `bench ${parts.length}`, parts })
  const store = createVictoriaMetricsHotStore(config, {
    keptMs: Number.POSITIVE_INFINITY,
    clock: Date.now,
    random: Math.random,
    sleep: pause,
    onError: (error) => console.error(error.message),
  })
  const shape = SHAPES.find((one) => one.name === name)!
  const startMs = alignDown(Date.now(), WINDOW_MS) - windows * WINDOW_MS
  const total = { windows: 0, points: 0, allWindows: 0, written: { wallSeconds: 0, cpuSeconds: 0 } }
  let step = 0
  for await (const closed of closedWindows(shape, startMs, windows)) {
    const meter = startMeter()
    await Promise.all(closed.map((batch) => store.write([batch])))
    const spent = meter()
    const rows = closed.reduce((sum, batch) => sum + batch.windows.length, 0)
    total.allWindows += rows
    if (++step <= windows / 2) continue
    total.windows += rows
    total.points += rows * shape.pointsPerWindow
    total.written.wallSeconds += spent.wallSeconds
    total.written.cpuSeconds += spent.cpuSeconds
  }
  await pause(SHOWN_MS)
  const meter = startMeter()
  let windowsRead = 0
  const matchers = [{ name: '__name__', op: '=' as const, value: metric }]
  for await (const read of store.read({ startMs, endMs: Date.now(), matchers })) windowsRead += read.length
  const read = meter()
  await store.close()
  return { ...total, read, windowsRead }
}

/** The batches that the speed layer closes while a shape's points come in, as it closes them. */
async function* closedWindows(shape: Shape, startMs: number, windows: number): AsyncIterable<WindowBatch[]> {
  let nowMs = startMs
  const clock = () => nowMs
  const states = Array.from(
    { length: PARTITIONS },
    (_, partition) => new PartitionState({ partition, rules: RULES, rollups: new Rollups([]), nowMs }),
  )
  let offset = 0
  // Nothing else of the port is called by the gateway.
  const log = {
    append: async (_topic, records) => {
      for (const { partition, value } of records) states[partition].apply(offset++, decodeRecord(value), nowMs)
    },
  } as Pick<Log, 'append'> as Log
  const { limits } = loadConfig({ env: {} })
  const gateway = createGateway({ log, layouts: [firstLayout(PARTITIONS)], limits, policies: [], clock })
  const decoder = new InfluxDecoder()
  for (let w = 0; w < windows; w++) {
    nowMs = startMs + (w + 1) * WINDOW_MS
    for (const body of bodiesOf(shape, nowMs - WINDOW_MS, 1)) {
      const request = gateway.open()
      decoder.decode(body.bytes, { nowMs }, request)
      await request.commit()
    }
    const closed = states.flatMap((state) => state.takeClosed())
    if (closed.length > 0) yield closed
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms))
}
