import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openPostgres } from '../../adapters/postgres.js'
import { checkCatalog, checkReadCatalog } from '../../adapters/postgres-check.js'
import { attachCatalog, openCatalog, readState, readTogether } from '../../batch/catalog/catalog.js'
import { SeriesIndex } from '../../batch/catalog/series.js'
import type { CatalogTables } from '../../batch/catalog/tables.js'
import { DuckEngine } from '../../batch/duck/engine.js'
import { createBatchView } from '../../batch/view/view.js'
import { type Stack, startStack } from '../../infra/stack/start.js'
import type { BatchView, Snapshot } from '../../schemas/ports/batch-view.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { bundleProgram } from '../bundle-program.js'
import { at, BLOCK, expected, GRACE, MINUTE, mixedPoints, NOON } from '../law/batch-points.js'
import { type BatchStage, openStage } from '../law/batch-stage.js'
import { differences } from '../law/windows-equal.js'
import { type Replica, startReplica } from './replica.js'

const run = promisify(execFile)
const project = join(import.meta.dirname, '../..')
const BLOCK_MS = 10 * MINUTE

let folder: string
let stack: Stack
let replica: Replica
let databases = 0
let closers: (() => Promise<unknown>)[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tp-'))
  chmodSync(folder, 0o755)
  stack = await startStack({ dir: join(folder, 'stack'), parts: ['postgres'], log: () => undefined })
  const primary = { cluster: join(folder, 'stack', 'postgres', 'cluster'), url: stack.config.catalog?.url ?? '' }
  await stack.part('postgres').stop()
  replica = await startReplica(join(folder, 'replica'), primary, () => stack.part('postgres').start())
})
afterAll(async () => {
  await replica.stop()
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  closers = []
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
})

function open(url: string, options?: Parameters<typeof openPostgres>[1]): Kysely<CatalogTables> {
  const db = openPostgres<CatalogTables>(url, options)
  closers.push(() => db.destroy())
  return db
}

/** A database of its own: its address on the primary, and the function that gives that on the replica. */
async function newDatabase(): Promise<{ url: string; onReplica: string }> {
  const name = `t${databases++}`
  const admin = openPostgres(stack.config.catalog?.url ?? '')
  await sql.raw(`CREATE DATABASE ${name}`).execute(admin)
  await admin.destroy()
  const named = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
  return { url: named(stack.config.catalog?.url ?? ''), onReplica: named(replica.url) }
}

describe('a server that has its troubles', () => {
  test('away for some seconds: queries fail as retriable, none hangs, and all is well once it is back', async () => {
    const { url } = await newDatabase()
    const db = open(url)
    await sql`CREATE TABLE done (n bigint)`.execute(db)
    let stopping = false
    const failures: unknown[] = []
    const work = async () => {
      while (!stopping) {
        await db
          .transaction()
          .execute(async (tx) => {
            await sql`INSERT INTO done VALUES (1)`.execute(tx)
            await sql`SELECT count(*) FROM done`.execute(tx)
          })
          .catch((thrown) => failures.push(thrown))
        await sleep(5)
      }
    }
    const workers = Array.from({ length: 12 }, work)
    await sleep(300)
    await stack.part('postgres').kill()
    await sleep(5_000)
    await stack.part('postgres').start()
    await sleep(300)
    stopping = true
    await Promise.all(workers)
    expect(failures.length).toBeGreaterThan(0)
    for (const failure of failures) expect(failure).toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE', retriable: true })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => sql<{ one: number }>`SELECT 1 AS one`.execute(db)),
    )
    expect(answers.every(({ rows }) => rows[0].one === 1)).toBe(true)
  })

  test('a connection on which nobody answers is given up, and another one is used', async () => {
    const { url } = await newDatabase()
    const db = open(url, { connections: 1, statementMs: 500 })
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db)
    process.kill(rows[0].pid, 'SIGSTOP')
    try {
      await expect(sql`SELECT 1`.execute(db)).rejects.toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE' })
      expect((await sql`SELECT 1 AS one`.execute(db)).rows).toEqual([{ one: 1 }])
    } finally {
      process.kill(rows[0].pid, 'SIGCONT')
    }
  })

  test('a statement over its time is ended, and its connection stays good', async () => {
    const { url } = await newDatabase()
    const db = open(url, { connections: 1, statementMs: 200 })
    await expect(sql`SELECT pg_sleep(20)`.execute(db)).rejects.toMatchObject({
      code: 'TM_CATALOG_UNAVAILABLE',
      message: expect.stringContaining('statement timeout'),
    })
    expect((await sql`SELECT 1 AS one`.execute(db)).rows).toEqual([{ one: 1 }])
  })

  test('a transaction whose process went to sleep holds its locks no longer than a statement may take', async () => {
    const { url } = await newDatabase()
    const [sleeper, other] = [open(url, { statementMs: 300 }), open(url)]
    await sql`CREATE TABLE locked (n bigint)`.execute(other)
    const slept = sleeper.transaction().execute(async (tx) => {
      await sql`LOCK TABLE locked`.execute(tx)
      await sleep(1_500)
      await sql`SELECT 1`.execute(tx)
    })
    await expect(slept).rejects.toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE' })
    expect((await sql`SELECT n FROM locked`.execute(other)).rows).toEqual([])
  })

  test('what the database itself refuses is not called unavailable', async () => {
    const { url } = await newDatabase()
    await expect(sql`SELECT * FROM nothing`.execute(open(url))).rejects.toMatchObject({ code: '42P01' })
  })
})

test('processes that open an empty catalog at once agree: one lays it, the others find it', async () => {
  const { url } = await newDatabase()
  const program = join(folder, 'open-catalog-process.mjs')
  await bundleProgram(join(import.meta.dirname, 'open-catalog-process.ts'), program)
  // Where the bundled catalog looks for them, and for packages.
  cpSync(join(project, 'batch', 'catalog', 'migrations'), join(folder, 'migrations'), { recursive: true })
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  const origins = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [program, url])))
  expect(new Set(origins.map(({ stdout }) => stdout)).size).toBe(1)
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migrations`.execute(open(url))
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
})

describe('queries that read a replica', () => {
  let stage: BatchStage
  let view: BatchView
  let db: Kysely<CatalogTables>

  beforeEach(async () => {
    const { url, onReplica } = await newDatabase()
    stage = await openStage({ catalogUrl: url })
    closers.push(() => stage.close())
    await replica.caughtUp()
    db = open(onReplica)
    const engine = new DuckEngine({ tempDir: join(folder, `duck-${databases}`), threads: 1, memory: '256MB' })
    closers.push(() => engine.close())
    const catalog = await attachCatalog({ db, blockMs: BLOCK_MS })
    const { objects, settings } = stage
    view = createBatchView({ catalog, objects, engine, series: new SeriesIndex(db), clock: () => stage.now, settings })
  })
  afterEach(() => replica.resumeReplay())

  async function windows(snapshot: Snapshot): Promise<WindowColumns> {
    const all = new WindowColumns()
    for await (const chunk of view.read(snapshot, { ...NOON, tier: '10s' }, []))
      for (let row = 0; row < chunk.length; row++) all.pushRow(chunk, row)
    return all
  }

  test('get all that the batch view gives, without one write', async () => {
    const points = mixedPoints(BLOCK, BLOCK + 10 * MINUTE)
    await stage.send(points)
    stage.now = NOON.endMs + GRACE
    await stage.work.sealReady()
    await replica.caughtUp()
    const snapshot = await view.snapshot()
    expect(snapshot).toMatchObject({ epoch: 2, frontierMs: NOON.endMs })
    expect(differences(expected(points), await windows(snapshot))).toEqual([])
    expect(await view.blocks(snapshot, NOON)).toEqual([{ startMs: BLOCK, generation: 1, files: 1, dirty: false }])
    expect(await view.series(snapshot, NOON, [])).toHaveLength(4)
    expect(await view.version(snapshot, { ...NOON, tier: '10s' })).not.toBe('')
    expect(await view.snapshot(1)).toMatchObject({ epoch: 1 })
  })

  test('a replica that lags gives an older moment, whole, and the newer one once it has it', async () => {
    const [points, late] = [[at(0, BLOCK + 1000, 5)], [at(0, BLOCK + 4000, 9), at(2, BLOCK + 4000, 1)]]
    await stage.send(points)
    stage.now = NOON.endMs + GRACE
    await stage.work.sealReady()
    await replica.caughtUp()
    await replica.pauseReplay()
    await stage.send(late)
    await stage.work.recomputeBlock(BLOCK)
    expect(differences(expected(points), await windows(await view.snapshot()))).toEqual([])
    await replica.resumeReplay()
    await replica.caughtUp()
    expect(differences(expected([...points, ...late]), await windows(await view.snapshot()))).toEqual([])
  })

  test('of several replicas at one address one may be behind another: a query fails as retriable, and never lacks files', async () => {
    await stage.send([at(0, BLOCK + 1000, 5)])
    stage.now = NOON.endMs + GRACE
    await replica.pauseReplay()
    await stage.work.sealReady()
    const newer = await stage.view.snapshot()
    const refusal = { code: 'TM_CATALOG_UNAVAILABLE', retriable: true, message: expect.stringContaining('lags') }
    await expect(windows(newer)).rejects.toMatchObject(refusal)
    await expect(view.version(newer, { ...NOON, tier: '10s' })).rejects.toMatchObject(refusal)
    await replica.resumeReplay()
    await replica.caughtUp()
    expect((await windows(newer)).length).toBe(1)
  })

  test('a snapshot that the replay could not wait for is taken again', async () => {
    const primary = stage.catalog.db
    await sql`CREATE TABLE busy AS SELECT generate_series(1, 1000) AS n`.execute(primary)
    await replica.caughtUp()
    let begun = 0
    const count = await readTogether(db, async (tx) => {
      begun++
      await sql`SELECT count(*) FROM busy`.execute(tx)
      if (begun === 1) {
        await sql`DELETE FROM busy WHERE n > 500`.execute(primary)
        await sql`VACUUM busy`.execute(primary)
        await replica.caughtUp()
      }
      const { rows } = await sql<{ left: number }>`SELECT count(*) AS left FROM busy`.execute(tx)
      return rows[0].left
    })
    expect([count, begun]).toEqual([500, 2])
  })

  test('a write is refused as retriable: the server may have been the primary a moment ago', async () => {
    await expect(openCatalog({ db, blockMs: BLOCK_MS, clock: Date.now })).rejects.toMatchObject({
      code: 'TM_CATALOG_UNAVAILABLE',
      message: expect.stringContaining('read-only'),
    })
    expect(await readState(db)).toMatchObject({ epoch: 1 })
  })

  test('a catalog that nobody has laid, or with blocks of another length, is not attached to', async () => {
    const { onReplica } = await newDatabase()
    await replica.caughtUp()
    const empty = attachCatalog({ db: open(onReplica), blockMs: BLOCK_MS })
    await expect(empty).rejects.toMatchObject({ code: 'TM_CATALOG_UNAVAILABLE', retriable: true })
    await expect(attachCatalog({ db, blockMs: MINUTE })).rejects.toMatchObject({ code: 'TM_CONFIG' })
  })
})

describe('TLS', () => {
  const secure = (parameters: string, host = 'localhost') =>
    `${Object.assign(new URL(replica.url), { hostname: host }).href}?${parameters}`
  const encrypted = async (url: string) =>
    (await sql<{ ssl: boolean }>`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`.execute(open(url))).rows[0]
      .ssl

  test('sslmode means what it means to psql', async () => {
    expect(await encrypted(secure('sslmode=require'))).toBe(true)
    expect(await encrypted(secure('sslmode=disable'))).toBe(false)
    expect(await encrypted(secure(`sslmode=verify-full&sslrootcert=${replica.ca}`))).toBe(true)
  })

  test('verify-full refuses an authority that it does not know, and another name', async () => {
    const refusal = { code: 'TM_CATALOG_UNAVAILABLE' }
    await expect(encrypted(secure('sslmode=verify-full'))).rejects.toMatchObject(refusal)
    const other = secure(`sslmode=verify-full&sslrootcert=${replica.ca}`, '127.0.0.1')
    await expect(encrypted(other)).rejects.toMatchObject(refusal)
    const [finding] = await checkCatalog(secure('sslmode=verify-full'), Date.now)
    expect(finding).toMatchObject({ ok: false, fix: expect.stringContaining('sslrootcert') })
  })

  test('a file that is not there is said when the pool is opened', () => {
    expect(() => openPostgres(secure('sslmode=verify-full&sslrootcert=/no/such.pem'))).toThrow(/no\/such\.pem/)
  })
})

describe('the doctor', () => {
  const withUrl = (change: (url: URL) => void) => {
    const url = new URL(stack.config.catalog?.url ?? '')
    change(url)
    return url.href
  }

  test('finds nothing wrong with a server that is right', async () => {
    const findings = await checkCatalog(stack.config.catalog?.url ?? '', Date.now)
    expect(findings.map(({ what, ok }) => [what, ok])).toEqual([
      ['catalog', true],
      ['catalog: tables', true],
      ['catalog: encoding', true],
      ['catalog: connections', true],
      ['catalog: clock', true],
    ])
    const admin = open(stack.config.catalog?.url ?? '')
    const left = await sql`SELECT 1 FROM pg_class WHERE relname = 'tidemark_probe'`.execute(admin)
    expect(left.rows).toEqual([])
  })

  test('tells a replica from a primary, and how far it is behind', async () => {
    const tables = (await checkCatalog(replica.url, Date.now)).find(({ what }) => what === 'catalog: tables')
    expect(tables).toMatchObject({ ok: false, fix: expect.stringContaining('catalog.read_url') })
    const findings = await checkReadCatalog(replica.url, Date.now)
    expect(findings.every(({ ok }) => ok)).toBe(true)
    expect(findings.map(({ what }) => what)).toContain('read catalog: lag')
  })

  test.each([
    ['a wrong password', (url: URL) => Object.assign(url, { password: 'wrong' }), /password/],
    ['a database that is not there', (url: URL) => Object.assign(url, { pathname: '/none' }), /create the database/],
    ['a server that is not there', (url: URL) => Object.assign(url, { port: '1' }), /start the server/],
  ])('says what mends %s', async (_, change, fix) => {
    const [finding] = await checkCatalog(withUrl(change), Date.now)
    expect(finding).toMatchObject({ what: 'catalog', ok: false, fix: expect.stringMatching(fix) })
  })

  test('tells rights that are missing, and clocks that differ', async () => {
    const admin = open(stack.config.catalog?.url ?? '')
    await sql`CREATE ROLE reader LOGIN PASSWORD 'reader'`.execute(admin)
    const reader = withUrl((url) => Object.assign(url, { username: 'reader', password: 'reader' }))
    const findings = await checkCatalog(reader, () => Date.now() - 60_000)
    expect(findings.find(({ what }) => what === 'catalog: tables')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('GRANT'),
    })
    expect(findings.find(({ what }) => what === 'catalog: clock')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ahead'),
    })
  })

  test('what is no address is called so', async () => {
    const [finding] = await checkCatalog('postgres://host:port', Date.now)
    expect(finding).toMatchObject({ ok: false, fix: expect.stringContaining('postgres://') })
  })
})
