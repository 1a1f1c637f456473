import { describe, expect, test } from 'vitest'
import { ROLES, type Role } from './roles.js'
import { GuardedServer } from './testing/guarded-server.js'

const QUERY = '/api/v1/query'
const RECOMPUTE = '/api/v1/admin/recompute'
const range = { from: '2h', to: '0s' }

describe('beyond loopback', () => {
  test('whoever shows no token is let in nowhere but to the open routes', async () => {
    const server = new GuardedServer(true)
    const refused = await server.ask('GET', QUERY)
    expect(refused).toMatchObject({ status: 401, body: { code: 'TM_AUTH_MISSING' } })
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="tidemark"')
    expect(await server.ask('POST', '/write')).toMatchObject({ status: 401 })
    expect(await server.ask('GET', '/-/healthy')).toMatchObject({ status: 200 })
    expect(await server.ask('GET', '/nowhere')).toMatchObject({ status: 404 })
  })

  test.each<[Role, string[]]>([
    ['ingest', ['POST /write']],
    ['read', ['GET /api/v1/query']],
    ['operate', ['GET /api/v1/query', 'POST /api/v1/admin/recompute']],
    ['admin', ['POST /write', 'GET /api/v1/query', 'POST /api/v1/admin/recompute', 'GET /api/v1/admin/tokens']],
  ])('a token of the role %s may %j and nothing else', async (role, expected) => {
    const server = new GuardedServer(true)
    const token = await server.token({ role })
    const routes = ['POST /write', `GET ${QUERY}`, `POST ${RECOMPUTE}`, 'GET /api/v1/admin/tokens']
    const reached = []
    for (const route of routes) {
      const [method, url] = route.split(' ')
      const body = url === RECOMPUTE ? range : undefined
      const { status, body: answer } = await server.ask(method as 'GET', url, { token, body })
      if (status < 300) reached.push(route)
      else expect(answer, route).toMatchObject({ code: 'TM_AUTH_ROLE', error: expect.stringContaining(`role ${role}`) })
    }
    expect(reached).toEqual(expected)
  })

  test('every role is among those that can be given to a token', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'admin' })
    for (const role of ROLES) {
      const made = await server.ask('POST', '/api/v1/admin/tokens', { token, body: { name: `a-${role}`, role } })
      expect(made).toMatchObject({ status: 201, body: { data: { role } } })
    }
  })

  test('a token may come as Grafana, Telegraf, Prometheus and InfluxDB clients send it', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'admin' })
    const basic = `Basic ${Buffer.from(`anyone:${token}`).toString('base64')}`
    for (const authorization of [`Bearer ${token}`, `bearer  ${token}`, `Token ${token}`, basic]) {
      expect((await server.ask('GET', QUERY, { headers: { authorization } })).status, authorization).toBe(200)
    }
    expect((await server.ask('POST', `/write?u=anyone&p=${token}`)).status).toBe(204)
  })

  test('a token in an address counts only where clients of InfluxDB 1 write, for addresses end up in logs', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'admin' })
    expect(await server.ask('GET', `${QUERY}?p=${token}`)).toMatchObject({ body: { code: 'TM_AUTH_MISSING' } })
  })

  test.each([
    'secret',
    'tm_0123456789ab',
    `tm_0123456789ab_${'x'.repeat(43)}`,
    `tm_0123456789ab_${'x'.repeat(42)}`,
    '',
  ])('what is no token is refused: "%s"', async (token) => {
    const server = new GuardedServer(true)
    expect(await server.ask('GET', QUERY, { token })).toMatchObject({ status: 401 })
  })

  test('the right id with another secret is refused in the same words as an unknown id', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'read' })
    const wrong = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA')
    const unknown = `tm_${'0'.repeat(12)}_${'x'.repeat(43)}`
    const answers = [
      await server.ask('GET', QUERY, { token: wrong }),
      await server.ask('GET', QUERY, { token: unknown }),
    ]
    expect(answers[0].status).toBe(401)
    expect(answers[0].body).toEqual(answers[1].body)
  })

  test('a token is never handed on with the headers of its request', async () => {
    const server = new GuardedServer(true)
    await server.ask('GET', QUERY, { token: await server.token({ role: 'read' }), headers: { 'x-kept': 'yes' } })
    expect(server.seenHeaders).toMatchObject({ 'x-kept': 'yes' })
    expect(server.seenHeaders).not.toHaveProperty('authorization')
  })

  test('a token ends when it expires', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'read', lifetimeMs: 1000 })
    server.nowMs += 999
    expect((await server.ask('GET', QUERY, { token })).status).toBe(200)
    server.nowMs += 1
    expect(await server.ask('GET', QUERY, { token })).toMatchObject({
      status: 401,
      body: { error: expect.stringContaining('expired at 2026-01-01T00:00:01.000Z') },
    })
  })
})

describe('on loopback, where no token is required', () => {
  test('everything may be done without one, so that the first token can be made', async () => {
    const server = new GuardedServer(false)
    expect((await server.ask('GET', QUERY)).status).toBe(200)
    const made = await server.ask('POST', '/api/v1/admin/tokens', { body: { name: 'first', role: 'admin' } })
    expect(made.status).toBe(201)
  })

  test('what InfluxDB clients send for a token is let pass, and a wrong one of ours is not', async () => {
    const server = new GuardedServer(false)
    expect((await server.ask('POST', '/write', { headers: { authorization: 'Token telegraf' } })).status).toBe(204)
    const token = `tm_${'0'.repeat(12)}_${'x'.repeat(43)}`
    expect((await server.ask('POST', '/write', { token })).status).toBe(401)
  })

  test('a token that is shown has its role there too', async () => {
    const server = new GuardedServer(false)
    const token = await server.token({ role: 'read' })
    expect((await server.ask('POST', '/write', { token })).status).toBe(403)
  })

  test.each([
    ['another origin', { origin: 'https://evil.example', host: 'localhost:8080' }],
    ['a page without origin', { origin: 'null', host: 'localhost:8080' }],
    ['another port', { origin: 'http://localhost:3000', host: 'localhost:8080' }],
    ['a name that was made to mean 127.0.0.1', { host: 'evil.example:8080' }],
  ])('a web page is refused: %s', async (_, headers) => {
    const server = new GuardedServer(false)
    expect(await server.ask('POST', `${RECOMPUTE}/r/cancel`, { headers })).toMatchObject({
      status: 403,
      body: { code: 'TM_AUTH_ORIGIN' },
    })
  })

  test.each<Record<string, string>>([
    { host: 'localhost:8080', origin: 'http://localhost:8080' },
    { host: '127.0.0.1:8080' },
    { host: '[::1]:8080', origin: 'http://[::1]:8080' },
    { host: 'host.docker.internal:8080' },
  ])('its own page and programs of this machine are served: %j', async (headers) => {
    const server = new GuardedServer(false)
    expect((await server.ask('POST', `${RECOMPUTE}/r/cancel`, { headers })).status).toBe(200)
  })

  test('a web page with a token is served from anywhere', async () => {
    const server = new GuardedServer(false)
    const token = await server.token({ role: 'read' })
    const headers = { origin: 'https://grafana.example', host: 'tidemark.example' }
    expect((await server.ask('GET', QUERY, { token, headers })).status).toBe(200)
  })
})

describe('a catalog that is away', () => {
  test('leaves tokens that were seen before in force; others are told to retry', async () => {
    const server = new GuardedServer(true)
    const [seen, unseen] = [await server.token({ role: 'read' }), await server.token({ role: 'read', name: 'unseen' })]
    await server.ask('GET', QUERY, { token: seen })
    server.tokens.isAway = true
    await expect(server.known.refresh()).rejects.toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE' })
    server.nowMs += 3_600_000
    expect((await server.ask('GET', QUERY, { token: seen })).status).toBe(200)
    expect(await server.ask('GET', QUERY, { token: unseen })).toMatchObject({
      status: 503,
      body: { code: 'TM_AUTH_UNAVAILABLE' },
    })
    server.tokens.isAway = false
    expect((await server.ask('GET', QUERY, { token: unseen })).status).toBe(200)
  })
})

test('a route that nobody gave a permission cannot be added', () => {
  const { app } = new GuardedServer(false)
  expect(() => app.get('/api/v1/new', async () => 'open to all?')).toThrow('GET /api/v1/new has no permission')
})
