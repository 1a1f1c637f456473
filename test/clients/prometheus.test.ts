import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  Counter,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
  Summary,
} from 'prom-client'
import { pushMetrics, pushTimeseries } from 'prometheus-remote-write'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Format } from '../../cli/decode-body.js'
import { startScraper } from '../../ingest/scrape/scraper.js'
import { loadConfig } from '../../schemas/config/load.js'
import { targetRules } from '../../schemas/net/check-target.js'
import { decodedPoints } from './decoded.js'
import { type ClientStage, openStage, type SentRequest } from './stage.js'
import { asLines, type StoredPoint } from './stored-points.js'

const NOW = 1_767_225_601_234
let stage: ClientStage
let clock: () => number

beforeEach(async () => {
  clock = () => NOW
  stage = await openStage(() => clock())
})
afterEach(async () => {
  const scraped = stage.points().some(({ series }) => series.startsWith('up{'))
  if (!scraped) expect(await decodedPoints(stage.requests, formatOf, clock), 'tidemark decode').toEqual(stage.points())
  await stage.close()
})

function formatOf({ url, headers }: SentRequest): Format {
  if (url === '/api/v1/write') return 'remote-write'
  return headers['content-type']?.includes('openmetrics') ? 'openmetrics' : 'prometheus'
}

/** A registry with one metric of each type, as a program keeps it. */
function filled<T extends PrometheusContentType | OpenMetricsContentType>(registry: Registry<T>): Registry<T> {
  registry.setDefaultLabels({ app: 'shop' })
  const registers = [registry as Registry]
  const requests = new Counter({
    name: 'requests_total',
    help: 'Requests "served"\nso far \\o/',
    labelNames: ['path', 'code'],
    registers,
  })
  requests.inc({ path: '/a "b"\\c', code: '200' }, 3)
  requests.inc({ path: 'new\nline', code: '500' })
  const temperature = new Gauge({ name: 'temperature_celsius', help: 'now', labelNames: ['ort'], registers })
  temperature.set({ ort: 'Zürich' }, -1.5)
  temperature.set({ ort: 'nirgends' }, Number.NaN)
  temperature.set({ ort: 'sonne' }, Number.POSITIVE_INFINITY)
  const latency = new Histogram({ name: 'latency_seconds', help: 'how long', buckets: [0.1, 1, 10], registers })
  for (const value of [0.05, 0.5, 0.75, 20]) latency.observe(value)
  const sizes = new Summary({ name: 'size_bytes', help: 'how large', percentiles: [0.5], registers })
  sizes.observe(100)
  return registry
}

const FORMATS = [
  ['text format', () => filled(new Registry())],
  ['OpenMetrics', () => filled(openMetricsRegistry())],
] as const

function openMetricsRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  return registry
}

/** What the registry holds, at NOW. */
const REGISTRY_LINES = [
  'latency_seconds_bucket{app="shop",le="+Inf"} = 4 @0',
  'latency_seconds_bucket{app="shop",le="0.1"} = 1 @0',
  'latency_seconds_bucket{app="shop",le="1"} = 3 @0',
  'latency_seconds_bucket{app="shop",le="10"} = 3 @0',
  'latency_seconds_count{app="shop"} = 4 @0',
  'latency_seconds_sum{app="shop"} = 21.3 @0',
  'requests_total{app="shop",code="200",path="/a \\"b\\"\\\\c"} = 3 @0',
  'requests_total{app="shop",code="500",path="new\\nline"} = 1 @0',
  'size_bytes_count{app="shop"} = 1 @0',
  'size_bytes_sum{app="shop"} = 100 @0',
  'size_bytes{app="shop",quantile="0.5"} = 100 @0',
  'temperature_celsius{app="shop",ort="Zürich"} = -1.5 @0',
  'temperature_celsius{app="shop",ort="nirgends"} = NaN @0',
  'temperature_celsius{app="shop",ort="sonne"} = Infinity @0',
]

const lines = (points: StoredPoint[]) => asLines(points, NOW).sort()

describe.each(FORMATS)('prom-client in %s', (_, open) => {
  test('is pushed', async () => {
    const registry = open()
    const body = await registry.metrics()
    const answer = await fetch(`${stage.url}/api/v1/import/prometheus`, {
      method: 'POST',
      body,
      headers: { 'content-type': registry.contentType },
    })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(lines(stage.points())).toEqual(REGISTRY_LINES.toSorted())
  })

  test('is scraped, and its series end when it vanishes', async () => {
    const registry = open()
    const target = await serve(async () => ({ type: registry.contentType, body: await registry.metrics() }))
    clock = Date.now
    const { scrape } = loadConfig({
      env: {},
      overrides: { scrape: [{ job: 'shop', targets: [target.host], interval: '1s', timeout: '1s' }] },
    })
    const scraper = startScraper(scrape, {
      opener: stage.gateway,
      clock,
      rules: targetRules('scrape', []),
      random: () => 0,
    })
    const isReport = ({ series }: StoredPoint) => REPORT.some((name) => series.startsWith(`${name}{`))
    const withoutTarget = (line: string) =>
      line.replace(`instance="${target.host}",job="shop",`, '').replace(`,instance="${target.host}",job="shop"`, '')
    try {
      await stage.pointsOnceThereAre(REGISTRY_LINES.length + REPORT.length)
    } finally {
      await target.close()
    }
    await expect
      .poll(() => stage.points().some(({ series, value }) => series.startsWith('up{') && value === 0))
      .toBe(true)
    await scraper.close()
    const points = stage.points()
    const readings = points.filter((point) => !isReport(point) && point.value !== 'stale')
    const found = readings.map((point) => withoutTarget(asLines([{ ...point, timeMs: NOW }], NOW)[0]))
    expect([...new Set(found)].sort()).toEqual(REGISTRY_LINES.toSorted())
    const ended = points.filter(({ value }) => value === 'stale').map(({ series }) => series)
    expect(ended.toSorted()).toEqual([...new Set(readings.map(({ series }) => series))].toSorted())
    const report = new Map(points.filter(isReport).map(({ series, value }) => [series.split('{')[0], value]))
    expect(report.get('up')).toBe(0)
  })
})

describe('the JavaScript remote-write client', () => {
  test('writes series of several samples, with labels of all', async () => {
    const answer = await pushTimeseries(
      [
        {
          labels: { __name__: 'load', host: 'a' },
          samples: [
            { value: 0.5, timestamp: NOW - 10_000 },
            { value: -0.25, timestamp: NOW },
          ],
        },
        {
          labels: { __name__: 'orte', ort: 'Zürich 東京' },
          samples: [
            { value: 0, timestamp: NOW },
            { value: Number.NaN, timestamp: NOW + 1 },
          ],
        },
      ],
      { url: `${stage.url}/api/v1/write`, labels: { service: 'shop' }, fetch: post },
    )
    expect(answer.status).toBe(204)
    expect(asLines(stage.points(), NOW)).toEqual([
      'load{host="a",service="shop"} = 0.5 @-10000',
      'load{host="a",service="shop"} = -0.25 @0',
      'orte{ort="Zürich 東京",service="shop"} = 0 @0',
      'orte{ort="Zürich 東京",service="shop"} = NaN @1',
    ])
  })

  test('writes plain values, stamped with its own clock', async () => {
    clock = Date.now
    const answer = await pushMetrics(
      { queue_length: 3, temperature: -2.5 },
      { url: `${stage.url}/api/v1/write`, labels: { service: 'shop' }, fetch: post },
    )
    expect(answer.status).toBe(204)
    expect(stage.points().map(({ series, value }) => [series, value])).toEqual([
      ['queue_length{service="shop"}', 3],
      ['temperature{service="shop"}', -2.5],
    ])
  })
})

/** The client's types know fetch by less than it takes. */
const post: NonNullable<Parameters<typeof pushMetrics>[1]>['fetch'] = (url, init) => fetch(url, init as RequestInit)

const REPORT = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
]

/** A target that a scraper can read. */
async function serve(answer: () => Promise<{ type: string; body: string }>) {
  const server = createServer(async (_, response) => {
    const { type, body } = await answer()
    response.writeHead(200, { 'content-type': type }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
