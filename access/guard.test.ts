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

describe('revoking', () => {
  test('takes effect at once where it was done, and elsewhere at the next refresh', async () => {
    const server = new GuardedServer(true)
    const admin = await server.token({ role: 'admin' })
    const [one, two] = [
      await server.token({ role: 'read', name: 'one' }),
      await server.token({ role: 'read', name: 'two' }),
    ]
    for (const token of [one, two]) expect((await server.ask('GET', QUERY, { token })).status).toBe(200)

    await server.ask('DELETE', '/api/v1/admin/tokens/one', { token: admin })
    expect(await server.ask('GET', QUERY, { token: one })).toMatchObject({
      status: 401,
      body: { error: expect.stringContaining('"one" was revoked at 2026-01-01') },
    })

    await server.tokens.revoke('two', server.nowMs)
    expect((await server.ask('GET', QUERY, { token: two })).status).toBe(200)
    await server.known.refresh()
    expect((await server.ask('GET', QUERY, { token: two })).status).toBe(401)
  })

  test('what is not in force is not found', async () => {
    const server = new GuardedServer(false)
    expect(await server.ask('DELETE', '/api/v1/admin/tokens/nobody')).toMatchObject({
      status: 404,
      body: { code: 'TM_NOT_FOUND' },
    })
  })
})

describe('the routes of tokens', () => {
  test('tell the secret once, and never the hash', async () => {
    const server = new GuardedServer(false)
    const body = { name: 'telegraf', role: 'ingest', expires: '90d', points_per_second: 1000 }
    const made = await server.ask('POST', '/api/v1/admin/tokens', { body })
    expect(made.headers['cache-control']).toBe('no-store')
    expect(made.body.data).toMatchObject({
      token: expect.stringMatching(/^tm_[0-9a-f]{12}_[\w-]{43}$/),
      name: 'telegraf',
      role: 'ingest',
      pointsPerSecond: 1000,
      expiresMs: server.nowMs + 90 * 86_400_000,
    })
    const { token: _, ...told } = made.body.data
    expect((await server.ask('GET', '/api/v1/admin/tokens')).body.data).toEqual([told])
    expect(JSON.stringify(told)).not.toMatch(/hash/i)
  })

  test('give a name to one token at a time', async () => {
    const server = new GuardedServer(false)
    const make = () => server.ask('POST', '/api/v1/admin/tokens', { body: { name: 'a', role: 'read' } })
    expect((await make()).status).toBe(201)
    expect(await make()).toMatchObject({ status: 409, body: { code: 'TM_TOKEN_NAME' } })
    await server.ask('DELETE', '/api/v1/admin/tokens/a')
    expect((await make()).status).toBe(201)
  })
})

describe('the audit log', () => {
  test('tells who did what to what, and what came of it', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'operate', name: 'ops' })
    const admin = await server.token({ role: 'admin', name: 'root' })
    await server.ask('POST', RECOMPUTE, { token, body: range })
    await server.ask('POST', RECOMPUTE, { token, body: { ...range, from: 'never' } })
    await server.ask('POST', `${RECOMPUTE}/r-1/pause`, { token })
    await server.ask('POST', '/api/v1/admin/tokens', { token, body: { name: 'mine', role: 'admin' } })
    await server.ask('POST', '/api/v1/admin/tokens', { token: admin, body: { name: 'new', role: 'read' } })
    await server.ask('DELETE', '/api/v1/admin/tokens/new', { token: admin })
    await server.ask('GET', QUERY, { token })
    expect(server.audit.lines()).toEqual([
      'ops (operate): recompute 2h to 0s: done',
      'ops (operate): recompute never to 0s: TM_RANGE',
      'ops (operate): recompute signal r-1 pause: done',
      'ops (operate): token create : denied',
      'root (admin): token create new: done',
      'root (admin): token revoke new: done',
    ])
    expect((await server.ask('GET', '/api/v1/admin/audit', { token: admin })).body.data).toHaveLength(6)
  })

  test('that cannot be written keeps the action from being done', async () => {
    const server = new GuardedServer(false)
    server.audit.isAway = true
    const refused = await server.ask('POST', '/api/v1/admin/tokens', { body: { name: 'a', role: 'read' } })
    expect(refused).toMatchObject({ status: 503, body: { code: 'TM_AUDIT_UNAVAILABLE' } })
    expect(await server.tokens.list()).toEqual([])
  })

  test('holds no secrets of what was asked', async () => {
    const server = new GuardedServer(false)
    await server.ask('POST', RECOMPUTE, {
      body: { ...range, webhook_url: 'https://u:p@h', api_token: 'x', note: 'why' },
    })
    expect(server.audit.entries[0].details).toEqual({ ...range, note: 'why' })
  })
})

describe('rates', () => {
  test('of requests are limited for each token, and told with limit, actual and when to come again', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'read', requestsPerSecond: 2 })
    const other = await server.token({ role: 'read', name: 'other' })
    for (let i = 0; i < 10; i++) expect((await server.ask('GET', QUERY, { token })).status).toBe(200)
    expect(await server.ask('GET', QUERY, { token })).toMatchObject({
      status: 429,
      body: {
        code: 'TM_RATE_LIMIT',
        error: 'token "read-1" is at 3 requests a second, the limit is 2',
        waitMs: expect.any(Number),
      },
    })
    expect((await server.ask('GET', QUERY, { token: other })).status).toBe(200)
    server.nowMs += 1000
    expect((await server.ask('GET', QUERY, { token })).status).toBe(200)
  })

  test('of points are limited by what was stored: one large batch goes through and is paid for afterwards', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'ingest', pointsPerSecond: 100 })
    expect((await server.ask('POST', '/write?points=2000', { token })).status).toBe(204)
    const refused = await server.ask('POST', '/write?points=1', { token })
    expect(refused.body.error).toBe('token "ingest-1" is at 401 points a second, the limit is 100')
    server.nowMs += refused.body.waitMs - 2
    expect((await server.ask('POST', '/write?points=1', { token })).status).toBe(429)
    server.nowMs += 2
    expect((await server.ask('POST', '/write?points=1', { token })).status).toBe(204)
  })

  test('of points keep nobody from asking', async () => {
    const server = new GuardedServer(true)
    const token = await server.token({ role: 'admin', pointsPerSecond: 1 })
    await server.ask('POST', '/write?points=2000', { token })
    expect((await server.ask('GET', QUERY, { token })).status).toBe(200)
  })

  test('of the config hold for tokens without a limit of their own, and for addresses without token', async () => {
    const server = new GuardedServer(false, { requests_per_second: 1 })
    const token = await server.token({ role: 'read' })
    for (let i = 0; i < 5; i++) {
      expect((await server.ask('GET', QUERY, { token })).status).toBe(200)
      expect((await server.ask('GET', QUERY, { from: '127.0.0.2' })).status).toBe(200)
    }
    expect((await server.ask('GET', QUERY, { token })).status).toBe(429)
    expect((await server.ask('GET', QUERY, { from: '127.0.0.2' })).body.error).toContain('the address 127.0.0.2')
    expect((await server.ask('GET', QUERY, { from: '127.0.0.3' })).status).toBe(200)
  })

  test('of failures turn an address away, but never a token that is known to be right', async () => {
    const server = new GuardedServer(true, { failures_per_second: 1 })
    const good = await server.token({ role: 'read' })
    expect((await server.ask('GET', QUERY, { token: good })).status).toBe(200)
    const guess = (i: number) => `tm_${String(i).padStart(12, '0')}_${'x'.repeat(43)}`
    for (let i = 0; i < 5; i++) expect((await server.ask('GET', QUERY, { token: guess(i) })).status).toBe(401)
    const before = server.tokens.lookups
    expect(await server.ask('GET', QUERY, { token: guess(6) })).toMatchObject({
      status: 429,
      body: { code: 'TM_RATE_LIMIT' },
    })
    expect(server.tokens.lookups).toBe(before)
    expect((await server.ask('GET', QUERY, { token: good })).status).toBe(200)
    expect((await server.ask('GET', QUERY, { token: guess(7), from: '10.0.0.9' })).status).toBe(401)
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
