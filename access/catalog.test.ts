import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../adapters/embedded/postgres.js'
import { openPostgres } from '../adapters/postgres.js'
import { migrate } from '../batch/catalog/catalog.js'
import type { CatalogTables } from '../batch/catalog/tables.js'
import { AuditLog } from './audit-log.js'
import { createToken, type WantedToken } from './create-token.js'
import type { AccessDb, AccessTables } from './tables.js'
import { MemoryTokens } from './testing/memory-tokens.js'
import { isSecretOf, parseToken } from './token.js'
import { CatalogTokens, type TokenStore } from './token-store.js'

const T = Date.UTC(2026, 0, 1)
let folder: string
let server: EmbeddedPostgres
let db: AccessDb

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-access-'))
  chmodSync(folder, 0o755)
  server = await startEmbeddedPostgres(join(folder, 'postgres'))
  const catalog = openPostgres<CatalogTables>(server.url, { connections: 1 })
  await migrate(catalog)
  await catalog.destroy()
  db = openPostgres<AccessTables>(server.url, { connections: 2 })
})

beforeEach(async () => {
  await db.deleteFrom('auth_tokens').execute()
  await db.deleteFrom('audit_log').execute()
})

afterAll(async () => {
  await db.destroy()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.each<[string, () => TokenStore]>([
  ['the catalog', () => new CatalogTokens(db)],
  ['memory', () => new MemoryTokens()],
])('tokens in %s', (_, open) => {
  const make = (store: TokenStore, wanted: Partial<WantedToken> = {}, atMs = T) =>
    createToken({ name: 'a', role: 'read', ...wanted }, { store, random: randomBytes, clock: () => atMs })

  test('are found as they were made, without their secret', async () => {
    const store = open()
    const { text, token } = await make(store, { role: 'ingest', lifetimeMs: 1000, pointsPerSecond: 7 })
    const [found] = await store.find([token.id, 'ffffffffffff'])
    expect({ ...found, secretHash: Buffer.from(found.secretHash).toString('hex') }).toEqual({
      id: token.id,
      name: 'a',
      role: 'ingest',
      secretHash: Buffer.from(token.secretHash).toString('hex'),
      requestsPerSecond: undefined,
      pointsPerSecond: 7,
      createdMs: T,
      expiresMs: T + 1000,
      lastUsedMs: undefined,
      revokedMs: undefined,
    })
    const { secret } = parseToken(text)!
    expect(isSecretOf(found, secret)).toBe(true)
    expect(isSecretOf(found, `${secret.slice(1)}A`)).toBe(false)
    expect(JSON.stringify(found)).not.toContain(secret)
  })

  test('have names that only one in force may have', async () => {
    const store = open()
    await make(store)
    await expect(make(store)).rejects.toMatchObject({ code: 'TM_TOKEN_NAME' })
    expect(await store.revoke('a', T + 1)).toMatchObject({ name: 'a', revokedMs: T + 1 })
    await make(store)
    expect((await store.list()).filter(({ revokedMs }) => revokedMs === undefined)).toHaveLength(1)
  })

  test('are revoked by id, or else by name, and once', async () => {
    const store = open()
    const { token } = await make(store)
    const { token: namesake } = await make(store, { name: token.id })
    expect(await store.revoke(token.id, T)).toMatchObject({ id: token.id })
    expect(await store.revoke(token.id, T)).toMatchObject({ id: namesake.id })
    expect(await store.revoke(token.id, T)).toBeUndefined()
    expect(await store.revoke('nobody', T)).toBeUndefined()
  })

  test('remember when they were used', async () => {
    const store = open()
    const { token } = await make(store)
    await store.noteUse([
      { id: token.id, usedMs: T + 5 },
      { id: 'ffffffffffff', usedMs: T },
    ])
    expect(await store.find([token.id])).toMatchObject([{ lastUsedMs: T + 5 }])
  })

  test('are removed some time after they were revoked', async () => {
    const store = open()
    await make(store, { name: 'kept' })
    await make(store, { name: 'gone' })
    await store.revoke('gone', T)
    await store.trim(T)
    expect(await store.list()).toHaveLength(2)
    await store.trim(T + 1)
    expect(await store.list()).toMatchObject([{ name: 'kept' }])
  })
})

test('the newest tokens are listed first, revoked ones last', async () => {
  const store = new CatalogTokens(db)
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    await createToken({ name, role: 'read' }, { store, random: randomBytes, clock: () => T + i })
  }
  await store.revoke('c', T)
  expect((await store.list()).map(({ name }) => name)).toEqual(['b', 'a', 'c'])
})

test('use noted by a slower process never sets the time back', async () => {
  const store = new CatalogTokens(db)
  const { token } = await createToken({ name: 'a', role: 'read' }, { store, random: randomBytes, clock: () => T })
  await store.noteUse([{ id: token.id, usedMs: T + 5 }])
  await store.noteUse([{ id: token.id, usedMs: T + 4 }])
  expect(await store.find([token.id])).toMatchObject([{ lastUsedMs: T + 5 }])
})

describe('the audit log', () => {
  const caller = {
    tokenId: '0123456789ab',
    name: 'ops',
    role: 'operate',
    address: '10.0.0.1',
    rateKey: '',
    requestsPerSecond: 0,
    pointsPerSecond: 0,
  } as const
  const action = { atMs: T, caller, action: 'recompute', target: '2h to 0s', details: { from: '2h' } }

  test('has an action from its beginning on, and then what came of it', async () => {
    const audit = new AuditLog(db)
    const id = await audit.write(action)
    const entry = { id, atMs: T, tokenId: '0123456789ab', name: 'ops', role: 'operate', address: '10.0.0.1' }
    const what = { action: 'recompute', target: '2h to 0s', details: { from: '2h' } }
    expect(await audit.list(0, 10)).toEqual([{ ...entry, ...what, outcome: 'begun' }])
    await audit.complete(id, 'done')
    expect(await audit.list(0, 10)).toMatchObject([{ id, outcome: 'done' }])
  })

  test('takes whatever was sent: zero bytes and details without end', async () => {
    const audit = new AuditLog(db)
    await audit.write({ ...action, target: `a\0b${'x'.repeat(1000)}`, details: { note: 'x'.repeat(5000) } })
    await audit.write({ ...action, details: { note: '\0' } })
    const [zero, long] = await audit.list(0, 10)
    expect(long.target).toMatch(/^a\ufffdbx+$/)
    expect(long.target).toHaveLength(512)
    expect([zero.details, long.details]).toEqual([{ cut: true }, { cut: true }])
  })

  test('lists the newest first from a time on, and forgets what is older than its retention', async () => {
    const audit = new AuditLog(db)
    for (const atMs of [T, T + 1, T + 2])
      await audit.write({ ...action, atMs, caller: { ...caller, tokenId: undefined } })
    const times = async (sinceMs: number, limit: number) => (await audit.list(sinceMs, limit)).map(({ atMs }) => atMs)
    expect(await times(T + 1, 10)).toEqual([T + 2, T + 1])
    expect(await times(0, 1)).toEqual([T + 2])
    await audit.trim(T + 1)
    expect(await times(0, 10)).toEqual([T + 2, T + 1])
  })

  test('of a catalog that is away says that nothing was done', async () => {
    const away = openPostgres<AccessTables>('postgres://127.0.0.1:1/none', { connections: 1 })
    await expect(new AuditLog(away).write(action)).rejects.toMatchObject({
      code: 'TM_AUDIT_UNAVAILABLE',
      retriable: true,
    })
    await away.destroy()
  })
})
