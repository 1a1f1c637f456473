import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PipelineStatus } from '../../../schemas/ports/status.js'
import { freePorts, TestServer } from '../../e2e/server.js'
import { Program, scratchFolder, untilNone } from './program.js'
import { difference, queryRange, seriesOf } from './query-api.js'

/*
 * One run for all tests: Prometheus scrapes a node exporter, itself and a program of ours every 10 s and writes it all
 * to a server, which is killed and comes back; then the program vanishes. Both are asked the same questions.
 */
const RUN_BEFORE_KILL_MS = 35_000
const DOWN_MS = 12_000
const RUN_AFTER_MS = 25_000
const VANISHED_MS = 25_000
const AGREE_WITHIN_MS = 120_000

/**
 * What Prometheus sends again after the outage is late where the scraper of the restarted server has moved the
 * watermark on: then it is the batch layer that has the whole answer, as soon as the block has been recomputed.
 */
const SHORT_BLOCKS = {
  TIDEMARK_BLOCKS_LENGTH: '30s',
  TIDEMARK_BLOCKS_SLACK: '2s',
  TIDEMARK_ARCHIVE_FLUSH_EVERY: '2s',
  TIDEMARK_BATCH_SEAL_EVERY: '2s',
  TIDEMARK_BATCH_DIRTY_DEBOUNCE: '3s',
  TIDEMARK_BATCH_DIRTY_DEADLINE: '10s',
}

const folder = scratchFolder()
const programs: Program[] = []
let server: TestServer
let prometheusUrl: string
let vanishing: Server
let startS: number
let vanishedS: number
let endS: number

beforeAll(async () => {
  const [httpPort, nodePort, prometheusPort, vanishingPort] = await freePorts(4)
  const node = `127.0.0.1:${nodePort}`
  prometheusUrl = `http://127.0.0.1:${prometheusPort}`
  vanishing = await serveRegistry(vanishingPort)
  programs.push(
    await new Program('prometheus-node-exporter', [`--web.listen-address=${node}`]).answers(`http://${node}/metrics`),
  )
  const serverConfig = join(folder.path, 'tidemark.yaml')
  writeFileSync(serverConfig, JSON.stringify({ scrape: [{ job: 'direct', targets: [node], interval: '10s' }] }))
  const start = () =>
    TestServer.start({
      dataDir: join(folder.path, 'data'),
      httpPort,
      settings: {
        ...SHORT_BLOCKS,
        TIDEMARK_CONFIG: serverConfig,
        TIDEMARK_COLLECTOR_ENABLED: 'false',
        TIDEMARK_SELF_COLLECT: 'false',
      },
    })
  server = await start()
  programs.push(
    await startPrometheus(prometheusPort, server.url, {
      node,
      vanishing: `127.0.0.1:${vanishingPort}`,
      prometheus: `127.0.0.1:${prometheusPort}`,
    }),
  )
  startS = Math.ceil(Date.now() / 1000 / 10) * 10

  await sleep(RUN_BEFORE_KILL_MS)
  await server.kill()
  await sleep(DOWN_MS)
  server = await start()
  await sleep(RUN_AFTER_MS)
  vanishedS = Date.now() / 1000
  vanishing.closeAllConnections()
  await new Promise((resolve) => vanishing.close(resolve))
  await sleep(VANISHED_MS)
  endS = Math.floor(Date.now() / 1000 / 10) * 10
}, 180_000)

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()))
  await server?.stop()
  folder.remove()
})

/** Asks both until they agree: points may still be under way, or their block be recomputed. */
const agree = (selector: string) =>
  untilNone(async () => {
    const answers = [prometheusUrl, server.url].map((url) => queryRange(url, selector, startS, endS))
    const [expected, found] = await Promise.all(answers)
    if (expected.size === 0) return `Prometheus knows no ${selector}`
    return difference(expected, found)
  }, AGREE_WITHIN_MS)

test.each([
  '{job="node"}',
  '{job="prometheus"}',
  '{job="vanishing"}',
  'up{job!="direct"}',
  '{__name__=~"scrape_.+",job!="direct"}',
])('what Prometheus wrote is answered as Prometheus answers it, through a kill and a restart: %s', agree)

test('the series of a target that vanished end when Prometheus says so', async () => {
  await agree('vanishing_requests_total')
  const lastS = await lastTime('vanishing_requests_total')
  expect(lastS).toBeGreaterThanOrEqual(vanishedS - 20)
  expect(lastS).toBeLessThan(endS)
})

test('no scrape is missing although the server was away', async () => {
  await agree('vanishing_scrapes')
  const points = [...(await queryRange(server.url, 'vanishing_scrapes', startS + 10, endS)).values()][0]
  const values = [...points.values()].map(Number)
  expect(values.length).toBeGreaterThan(5)
  expect(values).toEqual(values.map((_, i) => values[0] + i))
})

test('the batch view, once it has the whole run, answers the same, and no window is unexplained', async () => {
  const hasAll = ({ blocks }: PipelineStatus) =>
    blocks.frontierMs >= endS * 1000 && blocks.dirty === 0 && blocks.recomputing === 0
  const { blocks } = await server.until('the batch view has the whole run', hasAll, AGREE_WITHIN_MS)
  await agree('{job=~"node|prometheus|vanishing"}')
  expect(blocks.unexplainedDivergence).toBe(0)
})

test('our scraper reads the node exporter as Prometheus does: the same series', async () => {
  const both = await Promise.all([
    seriesOf(prometheusUrl, '{job="node"}', ['job']),
    seriesOf(server.url, '{job="direct"}', ['job']),
  ])
  const names = both.map((series) =>
    series.filter((labels) => !labels.includes('"node_scrape_') && !labels.includes('"scrape_timeout')),
  )
  expect(names[1]).toEqual(names[0])
  expect(names[0].length).toBeGreaterThan(200)
})

test('our scraper and Prometheus read the same values where they do not change', async () => {
  const unchanging = '__name__=~"node_boot_time_seconds|node_memory_MemTotal_bytes|node_uname_info|up|node_.+_info"'
  const expected = await queryRange(prometheusUrl, `{job="node",${unchanging}}`, endS, endS, ['job'])
  const found = await queryRange(server.url, `{job="direct",${unchanging}}`, endS, endS, ['job'])
  expect(difference(expected, found)).toBeUndefined()
})

async function lastTime(selector: string): Promise<number> {
  const answer = await queryRange(server.url, selector, startS, endS)
  return Math.max(...[...answer.values()].flatMap((points) => [...points.keys()]))
}

async function startPrometheus(port: number, serverUrl: string, targets: Record<string, string>): Promise<Program> {
  const config = join(folder.path, 'prometheus.yaml')
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '10s', scrape_timeout: '5s' },
      scrape_configs: Object.entries(targets).map(([job, target]) => ({
        job_name: job,
        static_configs: [{ targets: [target] }],
      })),
      remote_write: [{ url: `${serverUrl}/api/v1/write` }],
    }),
  )
  const address = `127.0.0.1:${port}`
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder.path, 'prometheus')}`,
    `--web.listen-address=${address}`,
  ]
  return new Program('prometheus', flags).answers(`http://${address}/-/ready`)
}

/** A program with metrics of each type; each scrape changes them. */
async function serveRegistry(port: number): Promise<Server> {
  const registry = new Registry()
  const registers = [registry]
  const scrapes = new Gauge({ name: 'vanishing_scrapes', help: 'Scrapes so far.', registers })
  const requests = new Counter({ name: 'vanishing_requests_total', help: 'Requests.', labelNames: ['path'], registers })
  const odd = new Gauge({ name: 'vanishing_odd_value', help: 'Values of every form.', registers })
  const latency = new Histogram({ name: 'vanishing_latency_seconds', help: 'Latency.', registers })
  const oddValues = [
    0,
    -0.1,
    1e21,
    1e-7,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    123456789,
    1 / 3,
    Number.NEGATIVE_INFINITY,
  ]
  let scraped = 0
  const listening = createServer(async (_, response) => {
    scrapes.set(++scraped)
    requests.inc({ path: 'Zürich "東京"\\\n' }, scraped * 1e6)
    odd.set(oddValues[scraped % oddValues.length])
    latency.observe(scraped / 10)
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
  }).listen(port, '127.0.0.1')
  await once(listening, 'listening')
  return listening
}
