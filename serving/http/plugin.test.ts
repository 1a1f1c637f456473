import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { S0, server, status, T0 } from '../testing/server.js'

describe('GET /api/v1/query', () => {
  test('answers a vector in the format of Prometheus, with what the answer is of', async () => {
    const { get } = await server()
    const { code, text, headers } = await get(`/api/v1/query?query=up&time=${S0 + 100.5}`)
    expect(code).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(text).toBe(
      `{"status":"success","data":{"resultType":"vector","result":[` +
        `{"metric":{"__name__":"up","host":"a"},"value":[${S0 + 100}.500,"10.5"]},` +
        `{"metric":{"__name__":"up","host":"b"},"value":[${S0 + 100}.500,"10"]}]},` +
        `"epoch":1,"frontier":"2026-03-01T00:05:00.000Z","frontierMs":${T0 + 300_000},` +
        `"coverage":[{"view":"batch","tier":"10s","start":"2026-02-28T23:56:40.000Z","end":"2026-03-01T00:01:50.000Z"}],"partial":false}`,
    )
  })
  test('answers a matrix for a range selector', async () => {
    const { get } = await server()
    const { body } = await get(`/api/v1/query?query=${encodeURIComponent('up{host="b"}[20s]')}&time=${S0 + 100}`)
    expect(body.data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'up', host: 'b' },
          values: [
            [S0 + 90, '9'],
            [S0 + 100, '10'],
          ],
        },
      ],
    })
  })
  test('is now where no time is given, and takes RFC 3339', async () => {
    const { get } = await server()
    expect((await get('/api/v1/query?query=up')).body.data.result[0].value).toEqual([S0 + 600, '59.5'])
    expect((await get('/api/v1/query?query=up&time=2026-03-01T01:01:00%2B01:00')).body.data.result[0].value).toEqual([
      S0 + 60,
      '6.5',
    ])
  })
  test('shows the plan with explain=1', async () => {
    const { get } = await server()
    const { body } = await get(`/api/v1/query?query=up&time=${S0 + 400}&explain=1`)
    expect(body.plan[0].parts.map((part: { view: string }) => part.view)).toEqual(['batch', 'live'])
    expect(body.plan[0].parts[0].blocks[0]).toEqual({
      start: '2026-03-01T00:00:00.000Z',
      generation: 1,
      files: 1,
      dirty: false,
    })
    expect(body.plan[0].text).toContain('tide line 2026-03-01T00:05:00.000Z')
  })
  test('names what is missing', async () => {
    const { get } = await server({ fail: (view) => (view === 'batch' ? new Error('disk on fire') : undefined) })
    const { body } = await get(`/api/v1/query?query=up&time=${S0 + 400}`)
    expect(body).toMatchObject({
      partial: true,
      partialReasons: ['the batch view failed: an unexpected error happened: disk on fire'],
      warnings: ['the batch view failed: an unexpected error happened: disk on fire'],
    })
  })
  test('cuts at the limit and says so', async () => {
    const { get } = await server()
    const { body } = await get('/api/v1/query?query=up&limit=1')
    expect(body.data.result).toHaveLength(1)
    expect(body.warnings).toEqual(['results truncated due to limit'])
  })
  test('keeps an answer that is sealed, and none that is not', async () => {
    const { get, views } = await server()
    for (const seconds of [200, 200, 400, 400]) await get(`/api/v1/query?query=up&time=${S0 + seconds + 1}`)
    expect(views.reads).toMatchObject({ live: 2 })
    expect(
      [...(views.cache as unknown as { entries: Map<string, unknown> }).entries.keys()].filter((key) =>
        key.startsWith('answer:'),
      ),
    ).toHaveLength(1)
  })
})

test('a client that goes away ends the reading for it', async () => {
  const { app, views } = await server({ limits: { queryMs: 60_000 } })
  let isReading = () => {}
  let isEnded = () => {}
  const reading = new Promise<void>((resolve) => (isReading = resolve))
  const ended = new Promise<void>((resolve) => (isEnded = resolve))
  const hanging: AsyncIterator<never> = {
    next: () => {
      isReading()
      return new Promise(() => {})
    },
    return: async () => {
      isEnded()
      return { done: true, value: undefined }
    },
  }
  views.live.read = () => ({ [Symbol.asyncIterator]: () => hanging })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = request(`${address}/api/v1/query?query=up`, { agent: false })
  client.on('error', () => {})
  client.end()
  await reading
  client.destroy()
  await ended
  await app.close()
})

describe('query_range', () => {
  const range = `start=${S0 + 3}&end=${S0 + 30}&step=10`
  const result = [
    [S0 + 3, '0'],
    [S0 + 13, '1'],
    [S0 + 23, '2'],
  ]
  test('answers at start, start + step and so on', async () => {
    const { get } = await server()
    const { body } = await get(`/api/v1/query_range?query=up{host="b"}&${range}`)
    expect(body.data).toEqual({
      resultType: 'matrix',
      result: [{ metric: { __name__: 'up', host: 'b' }, values: result }],
    })
  })
  test('takes its parameters from a form as well', async () => {
    const { app } = await server()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = `query=${encodeURIComponent('up{host="b"}')}&start=${S0 + 3}&end=${S0 + 30}&step=10s`
    const response = await app.inject({ method: 'POST', url: '/api/v1/query_range', headers, payload })
    expect(response.json().data.result[0].values).toEqual(result)
  })
  test('takes a post that has all in its address and a body of no JSON, as vmalert sends it', async () => {
    const { app } = await server()
    const url = `/api/v1/query_range?query=${encodeURIComponent('up{host="b"}')}&${range}`
    const response = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' } })
    expect(response.json().data.result[0].values).toEqual(result)
  })
  test('gives as many points as the limit allows, and no more', async () => {
    const { get } = await server({ limits: { queryPoints: 3 } })
    expect((await get(`/api/v1/query_range?query=up&start=0&end=20&step=10`)).code).toBe(200)
    const { code, body } = await get('/api/v1/query_range?query=up&start=0&end=30&step=10')
    expect([code, body.code]).toEqual([400, 'TM_QUERY_POINTS'])
  })
})

describe('series, labels and values', () => {
  test('are listed, sorted and each once', async () => {
    const { get } = await server()
    expect((await get('/api/v1/series?match[]=up&match[]=up{host="a"}')).body.data).toEqual([
      { __name__: 'up', host: 'a' },
      { __name__: 'up', host: 'b' },
    ])
    expect((await get('/api/v1/labels')).body.data).toEqual(['__name__', 'host'])
    expect((await get('/api/v1/label/host/values')).body.data).toEqual(['a', 'b'])
    expect((await get('/api/v1/label/__name__/values?match[]=up')).body.data).toEqual(['up'])
    expect((await get('/api/v1/label/U__ho_73_t/values')).body.data).toEqual(['a', 'b'])
  })
  test('come from a form as well', async () => {
    const { app } = await server()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = 'match[]=nothing&match[]=up%7Bhost%3D%22a%22%7D'
    const response = await app.inject({ method: 'POST', url: '/api/v1/series', headers, payload })
    expect(response.json().data).toEqual([{ __name__: 'up', host: 'a' }])
  })
  test('need a selector where every series would be listed', async () => {
    const { code, body } = await (await server()).get('/api/v1/series')
    expect([code, body.code, body.hint]).toEqual([400, 'TM_REQUEST', 'add match[]=metric_name'])
  })
})

describe('an error says what is wrong and what to do', () => {
  test.each([
    ['/api/v1/query?query=up{', 400, 'bad_data', 'TM_QUERY_SYNTAX'],
    ['/api/v1/query?query=rate(up)', 400, 'bad_data', 'TM_QUERY_SYNTAX'],
    ['/api/v1/query', 400, 'bad_data', 'TM_REQUEST'],
    ['/api/v1/query?query=up&time=yesterday', 400, 'bad_data', 'TM_QUERY_PARAMETER'],
    ['/api/v1/query?query=up&epoch=x', 400, 'bad_data', 'TM_REQUEST'],
    ['/api/v1/query_range?query=up&start=2&end=1&step=1', 400, 'bad_data', 'TM_QUERY_PARAMETER'],
    ['/api/v1/query_range?query=up&start=1&end=2&step=0', 400, 'bad_data', 'TM_QUERY_PARAMETER'],
    ['/api/v1/query_range?query=up[1m]&start=1&end=2&step=1', 400, 'bad_data', 'TM_QUERY_SYNTAX'],
    ['/api/v1/nothing', 404, 'not_found', 'TM_NOT_FOUND'],
    ['/api/v1/admin/recompute/other', 404, 'not_found', 'TM_NOT_FOUND'],
  ])('%s', async (url, status, errorType, code) => {
    const answer = await (await server()).get(url)
    expect(answer.code).toBe(status)
    expect(answer.body).toEqual({
      status: 'error',
      errorType,
      error: expect.any(String),
      code,
      hint: expect.any(String),
    })
    expect(answer.text).not.toContain('.ts:')
  })
  test('and when to come back, where that helps', async () => {
    const { get } = await server({ fail: () => new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason: 'busy' }) })
    const { code, body, headers } = await get('/api/v1/query?query=up')
    expect([code, body.errorType, headers['retry-after']]).toEqual([503, 'unavailable', '5'])
  })
})

describe('status and administration', () => {
  test('the pipeline, the build, health and readiness are shown', async () => {
    const { app, get, unready, failed } = await server()
    expect((await get('/api/v1/status/pipeline')).body).toEqual({ status: 'success', data: status })
    expect((await get('/api/v1/status/buildinfo')).body.data).toMatchObject({
      application: 'Tidemark',
      applicationVersion: '1.2.3',
    })
    expect((await app.inject('/-/healthy')).statusCode).toBe(200)
    expect((await app.inject('/-/ready')).statusCode).toBe(200)
    unready.push('the catalog is starting')
    expect(await app.inject('/-/ready')).toMatchObject({
      statusCode: 503,
      body: 'Tidemark is not ready.\nthe catalog is starting\n',
    })
    failed.push('speed: the hot store refused a window')
    expect(await app.inject('/-/healthy')).toMatchObject({
      statusCode: 503,
      body: 'Tidemark is not healthy.\nspeed: the hot store refused a window\n',
    })
  })
  test('a recompute is started, followed and steered', async () => {
    const { app, get, calls } = await server()
    const post = (url: string, payload?: object) => app.inject({ method: 'POST', url, payload })
    const started = await post('/api/v1/admin/recompute', { from: '5m', to: '2026-03-01T00:06:00Z' })
    expect([started.statusCode, started.json().data]).toEqual([202, { workflowId: 'recompute-1' }])
    expect((await get('/api/v1/admin/recompute/recompute-1')).body.data).toMatchObject({
      blocksDone: 1,
      blocksTotal: 2,
    })
    expect((await post('/api/v1/admin/recompute/recompute-1/pause')).statusCode).toBe(202)
    expect((await post('/api/v1/admin/recompute/recompute-1/explode')).statusCode).toBe(400)
    expect(calls).toEqual([{ startMs: T0 + 300_000, endMs: T0 + 360_000 }, ['recompute-1', 'pause']])
    expect((await post('/api/v1/admin/recompute', { from: '1m', to: '2m' })).json().code).toBe('TM_RANGE')
  })
  test('explain shows plan, samples and time of each part, without the data', async () => {
    const { get } = await server()
    const { body } = await get(`/api/v1/explain?query=sum(up)&start=${S0}&end=${S0 + 600}&step=60`)
    expect(body.data.plan[0].parts.map((part: { view: string; tier: string }) => `${part.view} ${part.tier}`)).toEqual([
      'batch 1m',
      'live 10s',
    ])
    expect(body.data.samples.total).toBeGreaterThan(0)
    expect(body.data.nodes).toMatchObject({ text: 'sum(up)', series: 1, parts: [{ text: 'up', series: 2 }] })
  })
  test('the landing page needs no inline code', async () => {
    const { app } = await server()
    const page = await app.inject('/')
    expect(page.headers['content-security-policy']).toContain("script-src 'self'")
    expect(page.body).not.toMatch(/<script>|<style>| style=| on\w+=/)
    for (const [, url] of page.body.matchAll(/(?:href|src)="(\/home[^"]+)"/g))
      expect((await app.inject(url)).statusCode).toBe(200)
  })
})
