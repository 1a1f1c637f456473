import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuditLog } from '../../access/audit-log.js'
import type { AccessTables } from '../../access/tables.js'
import { GuardedServer } from '../../access/testing/guarded-server.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded/postgres.js'
import { openPostgres } from '../../adapters/postgres.js'
import { loadConfig } from '../../schemas/config/load.js'
import { auditText } from '../audit.js'
import { tokensText } from './token.js'
import { tokensInCatalog, tokensOfServer } from './token-admin.js'

const T = Date.UTC(2026, 0, 1)
let folder: string
let postgres: EmbeddedPostgres

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-token-'))
  chmodSync(folder, 0o755)
  postgres = await startEmbeddedPostgres(join(folder, 'postgres'))
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true })
})

describe('tokens in the catalog itself', () => {
  test('are made before anyone is let in, also in one that is still empty, and it is audited', async () => {
    const tokens = await tokensInCatalog(loadConfig({ env: {}, overrides: { 'data.dir': folder } }))
    const { text, token } = await tokens.create({ name: 'admin', role: 'admin', lifetimeMs: 1000 })
    expect(text).toMatch(`tm_${token.id}_`)
    expect(await tokens.list()).toMatchObject([{ name: 'admin', role: 'admin' }])
    await expect(tokens.create({ name: 'admin', role: 'read' })).rejects.toMatchObject({ code: 'TM_TOKEN_NAME' })
    expect(await tokens.revoke('admin')).toMatchObject({ id: token.id })
    await expect(tokens.revoke('admin')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
    await tokens.close()

    const db = openPostgres<AccessTables>(postgres.url, { connections: 1 })
    const entries = await new AuditLog(db).list(0, 10)
    await db.destroy()
    expect(entries.map(({ action, outcome, address }) => [action, outcome, address])).toEqual([
      ['token revoke', 'TM_NOT_FOUND', 'catalog'],
      ['token revoke', 'done', 'catalog'],
      ['token create', 'TM_TOKEN_NAME', 'catalog'],
      ['token create', 'done', 'catalog'],
    ])
    expect(JSON.stringify(entries)).not.toContain(text.slice(-43))
  })

  test('are reached by the URL of the config where there is one', async () => {
    const config = loadConfig({ env: {}, overrides: { 'data.dir': '/nowhere', 'catalog.url': postgres.url } })
    const tokens = await tokensInCatalog(config)
    await expect(tokens.list()).resolves.toBeInstanceOf(Array)
    await tokens.close()
  })

  test('cannot be reached where the embedded one does not run, which is said', async () => {
    const config = loadConfig({ env: {}, overrides: { 'data.dir': join(folder, 'other') } })
    await expect(tokensInCatalog(config)).rejects.toThrow('the embedded catalog in')
  })
})

test('tokens of a server are made, listed and revoked with a token of the role admin', async () => {
  const server = new GuardedServer(true)
  const token = await server.token({ role: 'admin' })
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const tokens = tokensOfServer({ url, token })
  const made = await tokens.create({
    name: 'telegraf',
    role: 'ingest',
    lifetimeMs: 90 * 86_400_000,
    pointsPerSecond: 5,
  })
  expect(made).toMatchObject({
    text: expect.stringMatching(/^tm_/),
    token: { name: 'telegraf', expiresMs: server.nowMs + 90 * 86_400_000, pointsPerSecond: 5 },
  })
  expect((await tokens.list()).map(({ name }) => name)).toContain('telegraf')
  expect(await tokens.revoke('telegraf')).toMatchObject({ id: made.token.id, revokedMs: server.nowMs })
  await expect(tokens.revoke('telegraf')).rejects.toThrow('answered 404 TM_NOT_FOUND')
  await expect(tokensOfServer({ url }).list()).rejects.toThrow('answered 401 TM_AUTH_MISSING')
  await server.app.close()
})

test('a list of tokens tells which are in force', () => {
  const token = (name: string, rest: object) => ({
    id: '0123456789ab',
    name,
    role: 'read' as const,
    createdMs: T,
    requestsPerSecond: undefined,
    pointsPerSecond: undefined,
    expiresMs: undefined,
    lastUsedMs: undefined,
    revokedMs: undefined,
    ...rest,
  })
  const tokens = [
    token('a', { pointsPerSecond: 5000, lastUsedMs: T + 1000 }),
    token('b', { expiresMs: T + 1 }),
    token('c', { expiresMs: T }),
    token('d', { revokedMs: T, expiresMs: T }),
  ]
  expect(tokensText(tokens, T).split('\n')).toEqual([
    'name  role  id            state                           created               last used             requests/s  points/s',
    'a     read  0123456789ab  in force                        2026-01-01 00:00:00Z  2026-01-01 00:00:01Z  -           5,000',
    'b     read  0123456789ab  until 2026-01-01 00:00:00.001Z  2026-01-01 00:00:00Z  -                     -           -',
    'c     read  0123456789ab  expired 2026-01-01 00:00:00Z    2026-01-01 00:00:00Z  -                     -           -',
    'd     read  0123456789ab  revoked 2026-01-01 00:00:00Z    2026-01-01 00:00:00Z  -                     -           -',
  ])
})

test('an audit log that is printed cannot write to the terminal what a stranger put into it', () => {
  const entry = { id: 1, atMs: T, tokenId: undefined, role: 'admin', address: '::1', outcome: 'done', details: {} }
  const text = auditText([{ ...entry, name: 'local', action: 'recompute', target: '\u001b[2Jgone\r\n' }])
  expect(text.split('\n')[1]).toBe(
    '2026-01-01 00:00:00Z  local  admin  ::1   recompute  \ufffd[2Jgone\ufffd\ufffd  done',
  )
})
