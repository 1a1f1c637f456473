import { describe, expect, test } from 'vitest'
import { GuardedServer } from './testing/guarded-server.js'

const QUERY = '/api/v1/query'
const RECOMPUTE = '/api/v1/admin/recompute'
const range = { from: '2h', to: '0s' }

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
