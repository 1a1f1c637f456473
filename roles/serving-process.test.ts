import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EmbeddedHotStore } from '../adapters/embedded/hot-store.js'
import { EmbeddedLiveView } from '../adapters/embedded/live-view.js'
import { createGateway } from '../ingest/gateway/gateway.js'
import { firstLayout } from '../ingest/routing/plan-layout.js'
import { MemoryLog } from '../ingest/testing/memory-log.js'
import { loadConfig } from '../schemas/config/load.js'
import { Kind } from '../schemas/points.js'
import type { LiveFeed } from '../schemas/ports/window-store.js'
import type { Workflows } from '../schemas/ports/workflows.js'
import { Series } from '../schemas/series/series.js'
import type { TimeRange } from '../schemas/time.js'
import { bundleProgram } from '../test/bundle-program.js'
import { eventually } from '../test/contract/eventually.js'
import { scratchFolder } from '../test/contract/scratch-folder.js'
import { batch, cpu } from '../test/contract/window-fixtures.js'
import { openAccess } from './access.js'
import { CloseStack } from './close-stack.js'
import { type HttpServer, startHttp } from './http.js'
import { ProcessMetrics } from './metrics/process-metrics.js'
import { type ServingProcess, startServingProcess } from './serving-process.js'

const NOW = Math.floor(Date.now() / 10_000) * 10_000
const SERIES = 10_000
const WINDOWS = 12
const HEAVY = `sum by (shard) (quantile_over_time(0.9, cpu[1m]) * on (host) group_left () max_over_time(cpu[1m]))`

/** A live view that can be made to give its windows over and over, until nobody reads on. */
class TestLiveView extends EmbeddedLiveView {
  #next: { begin: () => void; end: () => void } | undefined

  readWithoutEnd(): { begun: Promise<void>; ended: Promise<void> } {
    let begin = () => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const ended = new Promise<void>((resolve) => {
      this.#next = { begin, end: resolve }
    })
    return { begun, ended }
  }

  override *packed(range: TimeRange, metrics: Uint32Array, numbers?: Uint32Array): Iterable<Uint8Array | undefined> {
    const endless = this.#next
    this.#next = undefined
    const chunks = super.packed(range, metrics, numbers)
    if (!endless) return yield* chunks
    try {
      const [chunk] = chunks
      endless.begin()
      for (;;) yield chunk
    } finally {
      endless.end()
    }
  }
}

const closing = new CloseStack()
let live: TestLiveView
let feed: LiveFeed
let serving: ServingProcess
let http: HttpServer
const stored = new MemoryLog()

beforeAll(async () => {
  const folder = await scratchFolder()
  closing.add('the folder', () => rm(folder, { recursive: true }))
  // Without a catalog the speed views answer for everything, and say that the sealed past is missing.
  const overrides = {
    'data.dir': folder,
    'catalog.url': 'postgres://127.0.0.1:1/none',
    'http.port': 0,
    'logging.level': 'fatal',
  }
  const config = loadConfig({ env: {}, overrides })
  const program = join(folder, 'serving.mjs')
  await bundleProgram(join(import.meta.dirname, 'serving-main.ts'), program)
  live = new TestLiveView(1)
  feed = await live.follow(0, 0)
  const hot = new EmbeddedHotStore(join(folder, 'hot'))
  closing.add('the hot store', () => hot.close())
  const series = Array.from({ length: SERIES }, (_, i) => cpu({ host: `h${i}`, shard: `${i % 7}` }))
  for (let i = 0; i < WINDOWS; i++) {
    const readings = series.map((one, n) => ({ series: one, values: [n + i, n] }))
    const startMs = NOW - (WINDOWS - i) * 10_000
    await feed.put([batch(startMs, 0, readings)], startMs + 10_000)
  }
  const logger = pino({ level: 'silent' })
  const setup = { config, catalogUrl: config.catalog.url, originMs: 0 }
  serving = await startServingProcess({ setup, speed: { live, hot }, logger, closing, program })
  const clock = () => NOW
  const gateway = createGateway({ log: stored, layouts: [firstLayout(1)], limits: config.limits, policies: [], clock })
  const control = {
    workflows: {} as Workflows,
    metadata: () => gateway.metadata.all(),
    facts: { version: '1', startedMs: NOW, flags: {}, retention: '' },
    status: () => Promise.reject(new Error('not asked')),
    clock,
  }
  const access = openAccess({ config, catalogUrl: config.catalog.url, clock, logger, closing })
  const health = { failed: () => [], ready: async () => ({ reasons: serving.notReady(), warnings: [] }) }
  const metrics = new ProcessMetrics({ version: '1.2.3', roles: ['serving'] })
  metrics.addForeign(() => serving.metrics())
  const rules = async () => []
  http = await startHttp({
    config,
    gateway,
    control,
    serving,
    access,
    health,
    metrics,
    rules,
    clock,
    logger,
  })
  closing.add('HTTP', () => http.close())
})
afterAll(() => closing.close())

test('a live tail tells of windows that are put into the live view of this process, until its client goes', async () => {
  const client = new AbortController()
  const response = await ask(`/api/v1/tail?query=${encodeURIComponent('count(fresh) or vector(0)')}`, {
    signal: client.signal,
  })
  const pieces = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const told = async (value: string) => {
    while (!text.includes(`"${value}"]`)) text += (await pieces?.read())?.value ?? ''
  }
  await told('0')
  const fresh = Array.from({ length: 7 }, (_, i) => ({
    series: Series.of('fresh', { host: `h${i}` }, Kind.Sample),
    values: [i],
  }))
  await feed.put([batch(NOW, 0, fresh, false)], NOW)
  await told('7')
  client.abort()
})

test('what the process counts is shown by the one that started it, and not by its own route', async () => {
  await serving.routes
  expect((await fetch(`${http.url}/api/v1/query?query=1`)).status).toBe(200)
  const page = await (await fetch(`${http.url}/metrics`)).text()
  expect(page).toMatch(/^tidemark_query_duration_seconds_count\{type="instant"\} [1-9]/m)
  expect((await fetch(`${http.url}/-/metrics`)).status).toBe(404)
})

const seconds = (ms: number) => (ms / 1000).toFixed(3)
const ask = (path: string, init?: RequestInit) => fetch(`${http.url}${path}`, init)
const instant = (query: string) => `/api/v1/query?query=${encodeURIComponent(query)}&time=${seconds(NOW)}`
const heavy = () =>
  `/api/v1/query_range?query=${encodeURIComponent(HEAVY)}&start=${seconds(NOW - 110_000)}&end=${seconds(NOW)}&step=2`

test('queries are answered over the live view of this process', async () => {
  const response = await ask(instant('count by (shard) (cpu)'))
  const { data, partialReasons } = (await response.json()) as { data: { result: unknown[] }; partialReasons: string[] }
  expect(response.status).toBe(200)
  expect(data.result).toHaveLength(7)
  expect(partialReasons.join()).toContain('batch')
})

test('forms, errors and compressed answers pass through as they are', async () => {
  const form = await ask('/api/v1/query', {
    method: 'POST',
    body: new URLSearchParams({ query: 'sum(cpu:count)', time: seconds(NOW) }),
  })
  expect(((await form.json()) as { data: { result: unknown[] } }).data.result).toHaveLength(1)
  const wrong = await ask(instant('sum('))
  expect(wrong.status).toBe(400)
  expect(await wrong.json()).toMatchObject({ code: 'TM_QUERY_SYNTAX', errorType: 'bad_data' })
  const large = await ask(instant('cpu'), { headers: { 'accept-encoding': 'gzip' } })
  expect(large.headers.get('content-encoding')).toBe('gzip')
  expect(large.headers.get('x-content-type-options')).toBe('nosniff')
  expect(((await large.json()) as { data: { result: unknown[] } }).data.result).toHaveLength(SERIES)
})

test('while a heavy query runs, pings and points are answered', async () => {
  let isAnswered = false
  const query = ask(heavy()).then(async (response) => {
    const body = await response.json()
    isAnswered = true
    return { status: response.status, body }
  })
  for (let i = 0; i < 20; i++) {
    expect((await ask('/-/healthy')).status).toBe(200)
    expect((await ask('/write', { method: 'POST', body: `load value=${i} ${NOW}000000` })).status).toBe(204)
  }
  expect(isAnswered).toBe(false)
  expect(stored.points()).toHaveLength(20)
  const { status, body } = await query
  expect(status).toBe(200)
  expect(body).toMatchObject({ status: 'success', data: { resultType: 'matrix' } })
})

test('a client that goes away ends its query in the serving process', async () => {
  const reading = live.readWithoutEnd()
  const leaving = new AbortController()
  const left = ask(instant('cpu'), { signal: leaving.signal }).catch(() => 'left')
  await reading.begun
  leaving.abort()
  expect(await left).toBe('left')
  await reading.ended
  expect((await ask(instant('count(cpu)'))).status).toBe(200)
})

test('a process that dies fails its queries alone, is replaced, and the next query is answered', async () => {
  const first = serving.pid as number
  const lost = ask(heavy())
  await ask(instant('1'))
  process.kill(first, 'SIGKILL')
  const answer = await lost
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('5')
  expect(await answer.json()).toMatchObject({ code: 'TM_SERVING_UNAVAILABLE', errorType: 'unavailable' })
  expect((await ask('/-/healthy')).status).toBe(200)
  await eventually(async () => expect(serving.pid).not.toBe(first))
  const next = await ask(instant('count(cpu)'))
  expect(await next.json()).toMatchObject({ data: { result: [{ value: [NOW / 1000, `${SERIES}`] }] } })
})

test('it ends with the server that started it', async () => {
  const pid = serving.pid as number
  await serving.close()
  expect(existsSync(`/proc/${pid}`)).toBe(false)
})
