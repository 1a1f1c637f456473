import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPostgres } from '../postgres.js'
import { startEmbeddedPostgres } from './postgres.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-pg-'))
  chmodSync(folder, 0o755)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was stored is there after a clean stop and start', async () => {
  const first = await startEmbeddedPostgres(join(folder, 'postgres'))
  const db = openPostgres(first.url)
  await sql`CREATE TABLE kept (n bigint)`.execute(db)
  await sql`INSERT INTO kept VALUES (9007199254740991)`.execute(db)
  await db.destroy()
  await first.stop()

  const second = await startEmbeddedPostgres(join(folder, 'postgres'))
  const again = openPostgres(second.url)
  expect((await sql<{ n: number }>`SELECT n FROM kept`.execute(again)).rows).toEqual([{ n: 9007199254740991 }])
  await again.destroy()
  await second.stop()
})

test('a folder that is closed to other users is no obstacle, not even to root', async () => {
  chmodSync(folder, 0o700)
  const server = await startEmbeddedPostgres(join(folder, 'postgres'))
  const db = openPostgres(server.url)
  expect((await sql<{ one: number }>`SELECT 1 AS one`.execute(db)).rows).toEqual([{ one: 1 }])
  await db.destroy()
  await server.stop()
})

test('a server that a killed parent left behind is replaced', async () => {
  const orphan = await startEmbeddedPostgres(join(folder, 'postgres'))
  const next = await startEmbeddedPostgres(join(folder, 'postgres'))
  expect(() => process.kill(orphan.pid, 0)).toThrow()
  await next.stop()
})

test('a server that died without cleaning up does not block the next start', async () => {
  const first = await startEmbeddedPostgres(join(folder, 'postgres'))
  process.kill(first.pid, 'SIGKILL')
  const next = await startEmbeddedPostgres(join(folder, 'postgres'))
  await next.stop()
})

test('the password is readable by its owner alone', async () => {
  const server = await startEmbeddedPostgres(join(folder, 'postgres'))
  expect(statSync(join(folder, 'postgres', 'password')).mode & 0o777).toBe(0o600)
  await server.stop()
})

test('without a server a query fails as the catalog being unavailable', async () => {
  const db = openPostgres('postgres://nobody:x@127.0.0.1:1/none')
  await expect(sql`SELECT 1`.execute(db)).rejects.toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE' })
  await db.destroy()
})
