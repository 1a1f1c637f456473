import { describe, expect, test } from 'vitest'
import { GuardedServer } from './testing/guarded-server.js'

const QUERY = '/api/v1/query'

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
