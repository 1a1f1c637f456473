import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'
import snappy from 'snappy'
import { afterEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import { createGateway } from '../gateway/gateway.js'
import { encodeWriteRequest } from '../remote-write/encode.js'
import { firstLayout } from '../routing/plan-layout.js'
import { MemoryLog } from '../testing/memory-log.js'
import { ingestPlugin } from './plugin.js'

const NOW = 1_767_225_600_000
let app: FastifyInstance

async function open(overrides: Record<string, unknown> = {}) {
  const config = loadConfig({ env: {}, overrides })
  const log = new MemoryLog()
  const clock = () => NOW
  const gateway = createGateway({ log, layouts: [firstLayout(4)], limits: config.limits, policies: [], clock })
  app = fastify()
  app.setErrorHandler((thrown, _, reply) => {
    const { status, code, message } = asTidemarkError(thrown)
    return reply.code(status).send({ code, error: message })
  })
  await app.register(ingestPlugin, { gateway, config, clock })
  return { log }
}

afterEach(() => app.close())

describe('Influx line protocol', () => {
  test.each([
    ['/write?db=telegraf&precision=s', '1767225600'],
    ['/api/v2/write?org=o&bucket=b&precision=ms', '1767225600000'],
    ['/write', '1767225600000000000'],
  ])('at %s is stored', async (url, time) => {
    const { log } = await open()
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: `cpu,host=a usage=0.5,value=2i ${time}\n`,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
    expect(answer.statusCode).toBe(204)
    expect(log.points()).toEqual(
      expect.arrayContaining([
        { series: 'cpu_usage{host="a"}', timeMs: NOW, value: 0.5, weight: 1 },
        { series: 'cpu{host="a"}', timeMs: NOW, value: 2, weight: 1 },
      ]),
    )
  })

  test('may be gzipped, as Telegraf sends it', async () => {
    const { log } = await open()
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v2/write',
      payload: gzipSync('cpu value=1\n'),
      headers: { 'content-encoding': 'gzip' },
    })
    expect(answer.statusCode).toBe(204)
    expect(log.points()).toMatchObject([{ timeMs: NOW, value: 1 }])
  })

  test('with bad lines stores the good ones and says which were bad and why', async () => {
    const { log } = await open()
    const answer = await app.inject({
      method: 'POST',
      url: '/write',
      payload: 'cpu value=1\ncpu value=\nmem value=2\nmem value=x\n',
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({
      code: 'TM_LINE_SYNTAX',
      accepted: 2,
      refused: 2,
      lines: [{ line: 2, text: 'cpu value=' }, { line: 4 }],
    })
    expect(log.points()).toHaveLength(2)
  })

  test('with an unknown precision is refused whole', async () => {
    const { log } = await open()
    const answer = await app.inject({ method: 'POST', url: '/write?precision=fortnight', payload: 'cpu value=1' })
    expect(answer.json()).toMatchObject({ code: 'TM_REQUEST', error: 'precision "fortnight" is not known' })
    expect(log.points()).toEqual([])
  })

  test('clients are answered what they ask first', async () => {
    await open()
    expect((await app.inject('/ping')).headers['x-influxdb-version']).toBeDefined()
    expect((await app.inject({ method: 'POST', url: '/query?q=CREATE+DATABASE+telegraf' })).json()).toEqual({
      results: [{ statement_id: 0 }],
    })
  })
})

describe('Prometheus', () => {
  test('remote-write is stored, staleness markers too', async () => {
    const { log } = await open()
    const body = snappy.compressSync(
      Buffer.from(
        encodeWriteRequest([
          {
            labels: [
              ['__name__', 'up'],
              ['job', 'node'],
            ],
            samples: [
              { timeMs: NOW, value: 1 },
              { timeMs: NOW + 1, value: 'stale' },
            ],
          },
        ]),
      ),
    )
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/write',
      payload: body,
      headers: {
        'content-encoding': 'snappy',
        'content-type': 'application/x-protobuf',
        'x-prometheus-remote-write-version': '0.1.0',
      },
    })
    expect(answer.statusCode).toBe(204)
    expect(log.points()).toMatchObject([{ series: 'up{job="node"}', value: 1 }, { value: 'stale' }])
  })

  test('text exposition and OpenMetrics may be pushed', async () => {
    const { log } = await open()
    await app.inject({
      method: 'POST',
      url: '/api/v1/import/prometheus',
      payload: '# TYPE a gauge\na{b="c"} 1 1767225600000\n',
    })
    await app.inject({
      method: 'POST',
      url: '/api/v1/import/prometheus',
      payload: 'a{b="c"} 2 1767225601.5\n# EOF\n',
      headers: { 'content-type': 'application/openmetrics-text; version=1.0.0' },
    })
    expect(log.points()).toMatchObject([
      { series: 'a{b="c"}', timeMs: NOW, value: 1 },
      { timeMs: NOW + 1500, value: 2 },
    ])
  })
})

describe('OTLP', () => {
  const metrics = (timeMs: number) => ({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: 'queue.size', gauge: { dataPoints: [{ asDouble: 7, timeUnixNano: `${timeMs}000000` }] } },
            ],
          },
        ],
      },
    ],
  })

  test('JSON is stored and answered in JSON', async () => {
    const { log } = await open()
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/metrics',
      payload: JSON.stringify(metrics(NOW)),
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({})
    expect(log.points()).toMatchObject([{ series: 'queue_size{}', value: 7 }])
  })

  test('refused points are a partial success', async () => {
    await open()
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/metrics',
      payload: JSON.stringify(metrics(NOW + 3_600_000)),
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('ahead') },
    })
  })

  test('another content type is named', async () => {
    await open()
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/metrics',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.statusCode).toBe(415)
    expect(answer.json().code).toBe('TM_CONTENT_TYPE')
  })
})

describe('bodies', () => {
  test('at the limit are read, one byte more is refused', async () => {
    const line = 'cpu value=1'
    await open({ 'limits.bodyBytes': line.length })
    expect((await app.inject({ method: 'POST', url: '/write', payload: line })).statusCode).toBe(204)
    const over = await app.inject({ method: 'POST', url: '/write', payload: `${line}0` })
    expect(over.statusCode).toBe(413)
    expect(over.json().code).toBe('TM_BODY_TOO_LARGE')
  })

  test('of unknown length are read piece by piece, as far as the limit', async () => {
    const { log } = await open({ 'limits.bodyBytes': 200_000 })
    const pieces = (count: number) =>
      Readable.from(Array.from({ length: count }, (_, i) => `cpu value=${i} ${NOW}000000\n`))
    const headers = { 'transfer-encoding': 'chunked' }
    const taken = await app.inject({ method: 'POST', url: '/write', payload: pieces(5000), headers })
    expect(taken.statusCode).toBe(204)
    expect(log.points().map(({ value }) => value)).toEqual(Array.from({ length: 5000 }, (_, i) => i))
    const over = await app.inject({ method: 'POST', url: '/write', payload: pieces(10_000), headers })
    expect(over.statusCode).toBe(413)
    expect(over.json().code).toBe('TM_BODY_TOO_LARGE')
  })

  test('that come one after the other and side by side are not mixed up', async () => {
    const { log } = await open()
    for (const hosts of [
      ['a'.repeat(3000), 'b'],
      ['c'.repeat(100_000), 'd', 'e'.repeat(500)],
    ]) {
      await Promise.all(
        hosts.map((host) => app.inject({ method: 'POST', url: '/write', payload: `cpu,host=${host} value=1` })),
      )
    }
    const stored = log.points().map(({ series }) => series.slice(0, 11))
    expect(stored.sort()).toEqual(['a', 'b', 'd', 'e'].map((host) => `cpu{host="${host}`))
  })

  test('at the limit once decompressed are read, one byte more is refused', async () => {
    const line = 'cpu value=1'
    await open({ 'limits.inflatedBytes': line.length })
    const headers = { 'content-encoding': 'gzip' }
    const atLimit = await app.inject({ method: 'POST', url: '/write', payload: gzipSync(line), headers })
    expect(atLimit.statusCode).toBe(204)
    const over = await app.inject({ method: 'POST', url: '/write', payload: gzipSync(`${line}0`), headers })
    expect(over.json().code).toBe('TM_BODY_INFLATED_TOO_LARGE')
  })

  test('that are bombs are refused before they fill the memory', async () => {
    await open({ 'limits.inflatedBytes': 1000 })
    const bomb = gzipSync(Buffer.alloc(1_000_000, '\n'))
    const answer = await app.inject({
      method: 'POST',
      url: '/write',
      payload: bomb,
      headers: { 'content-encoding': 'gzip' },
    })
    expect(answer.statusCode).toBe(413)
    expect(answer.json().code).toBe('TM_BODY_INFLATED_TOO_LARGE')
  })

  test.each([
    ['gzip', 'not gzip at all'],
    ['br', 'brotli is not offered'],
  ])('that cannot be read as %s are refused', async (encoding, payload) => {
    await open()
    const answer = await app.inject({
      method: 'POST',
      url: '/write',
      payload,
      headers: { 'content-encoding': encoding },
    })
    expect(answer.statusCode).toBe(415)
    expect(answer.json().code).toBe('TM_BODY_ENCODING')
  })

  test('that are empty store nothing and are no error', async () => {
    await open()
    expect((await app.inject({ method: 'POST', url: '/write' })).statusCode).toBe(204)
  })
})

test('points ahead of the clock are refused with their code and line, alone', async () => {
  const { log } = await open()
  const answer = await app.inject({
    method: 'POST',
    url: '/write?precision=ms',
    payload: `cpu value=1 ${NOW}\ncpu value=2 ${NOW + 600_001}\n`,
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ accepted: 1, lines: [{ line: 2, code: 'TM_POINT_FUTURE' }] })
  expect(log.points()).toHaveLength(1)
})

test('too many series of a metric are answered 429 with what to do', async () => {
  await open({ 'limits.seriesPerMetric': 1 })
  await app.inject({ method: 'POST', url: '/write', payload: 'cpu,host=a value=1' })
  const answer = await app.inject({ method: 'POST', url: '/write', payload: 'cpu,host=b value=1' })
  expect(answer.statusCode).toBe(429)
  expect(answer.json()).toMatchObject({ code: 'TM_CARDINALITY_METRIC', hint: expect.stringContaining('host') })
})

test('a log that is down is an error that says to retry', async () => {
  const { log } = await open()
  log.beforeAppend = async () => {
    throw new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'disk full' })
  }
  const answer = await app.inject({ method: 'POST', url: '/write', payload: 'cpu value=1' })
  expect(answer.statusCode).toBe(503)
})
