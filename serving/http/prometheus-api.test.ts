import { gunzipSync } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { S0, server } from '../testing/server.js'

const encoded = encodeURIComponent

describe('what Grafana asks of a Prometheus', () => {
  test('is alive: 1+1', async () => {
    const { get } = await server()
    expect((await get(`/api/v1/query?query=${encoded('1+1')}&time=${S0}`)).body.data).toEqual({
      resultType: 'scalar',
      result: [S0, '2'],
    })
  })
  test('speaks which version', async () => {
    const { get } = await server()
    expect((await get('/api/v1/status/buildinfo')).body.data).toMatchObject({
      version: expect.stringMatching(/^3\./),
      application: 'Tidemark',
    })
  })
  test('knows which metrics, of which type, with which help', async () => {
    const { get } = await server()
    const up = { up: [{ type: 'gauge', unit: '', help: 'Is it up?' }] }
    expect((await get('/api/v1/metadata')).body.data).toEqual(up)
    expect((await get('/api/v1/metadata?metric=up&limit=1')).body.data).toEqual(up)
    expect((await get('/api/v1/metadata?metric=down')).body.data).toEqual({})
    expect((await get('/api/v1/metadata?limit=0')).body.data).toEqual({})
  })
  test('has no exemplars, rules and alerts, and says so validly', async () => {
    const { get } = await server()
    expect((await get(`/api/v1/query_exemplars?query=up&start=${S0}&end=${S0 + 1}`)).body.data).toEqual([])
    expect((await get('/api/v1/rules')).body.data).toEqual({ groups: [] })
    expect((await get('/api/v1/alerts')).body.data).toEqual({ alerts: [] })
  })
  test('formats and parses queries', async () => {
    const { get } = await server()
    expect((await get(`/api/v1/format_query?query=${encoded('sum(rate(up[5m]))by(host)')}`)).body.data).toBe(
      'sum by (host) (rate(up[5m]))',
    )
    expect((await get('/api/v1/parse_query?query=up')).body.data).toMatchObject({ type: 'vectorSelector', name: 'up' })
  })
  test('runs since when, with which settings, with how many series', async () => {
    const { get } = await server()
    expect((await get('/api/v1/status/runtimeinfo')).body.data).toMatchObject({ storageRetention: 'raw forever' })
    expect((await get('/api/v1/status/flags')).body.data).toEqual({ 'speed.lateness': '15s' })
    expect((await get('/api/v1/status/tsdb?limit=1')).body.data).toMatchObject({
      headStats: { numSeries: 2, numLabelPairs: 3 },
      seriesCountByMetricName: [{ name: 'up', value: 2 }],
      labelValueCountByLabelName: [{ name: 'host', value: 2 }],
    })
  })
})

describe('answers', () => {
  const range = `start=${S0 + 100}&end=${S0 + 120}&step=10`
  test('are of the whole language', async () => {
    const { get } = await server()
    const { body } = await get(`/api/v1/query_range?query=${encoded('sum by () (rate(up[1m]))')}&${range}`)
    expect(body.data.result).toHaveLength(1)
    for (const [, value] of body.data.result[0].values) expect(Number(value)).toBeCloseTo(0.2, 10)
  })
  test('carry warnings and infos with their place in the query', async () => {
    const { get } = await server()
    const warned = (await get(`/api/v1/query?query=${encoded('quantile(2, up)')}&time=${S0 + 100}`)).body
    expect(warned.warnings).toEqual(['PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)'])
    const informed = (await get(`/api/v1/query?query=${encoded('rate(up[1m])')}&time=${S0 + 100}`)).body
    expect(informed.infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:6)',
    ])
  })
  test('tell what was read, in all and at each step, if asked', async () => {
    const { get } = await server()
    const { body } = await get(`/api/v1/query_range?query=up&${range}&stats=all`)
    expect(body.data.stats.samples).toMatchObject({
      totalQueryableSamples: 6,
      totalQueryableSamplesPerStep: [
        [S0 + 100, 2],
        [S0 + 110, 2],
        [S0 + 120, 2],
      ],
    })
    expect(body.data.stats.timings.evalTotalTime).toEqual(expect.any(Number))
  })
  test('are compressed for who accepts it', async () => {
    const { app } = await server()
    const url = `/api/v1/query_range?query=up&start=${S0}&end=${S0 + 590}&step=1`
    const plain = await app.inject(url)
    const zipped = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body)
  })
  test('are Arrow for who accepts that', async () => {
    const { app } = await server()
    const headers = { accept: 'application/vnd.apache.arrow.stream' }
    const answer = await app.inject({ url: `/api/v1/query_range?query=up&${range}`, headers })
    expect(answer.headers['content-type']).toBe('application/vnd.apache.arrow.stream')
    expect(tableFromIPC(answer.rawPayload).numRows).toBe(6)
  })
})

describe('a query that cannot be answered', () => {
  test.each([
    ['rate(up)', 400, 'bad_data'],
    ['up + on(host) group_left() {host=~".+"} * 2 and', 400, 'bad_data'],
    ['up * on() up', 422, 'execution'],
    [`${'('.repeat(300)}1${')'.repeat(300)}`, 422, 'execution'],
  ])('%s', async (query, status, errorType) => {
    const { get } = await server()
    const { code, body } = await get(`/api/v1/query?query=${encoded(query)}&time=${S0 + 100}`)
    expect([code, body.errorType]).toEqual([status, errorType])
  })
})
