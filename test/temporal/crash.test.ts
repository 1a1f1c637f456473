import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { build } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recomputeProgress, requestRecompute } from '../../adapters/temporal/recomputes.js'
import type { Temporal } from '../../adapters/temporal/temporal.js'
import { BLOCK_MS, blocksBetween, createFakeWork, type FakeWork, rangeOf } from './fake-work.js'
import { flowBundle } from './flow-bundle.js'
import { scratchFolder, setStage, startServer, startStage, until } from './stage.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: ReturnType<typeof scratchFolder>
let closers: (() => Promise<unknown> | unknown)[]

beforeEach(() => {
  folder = scratchFolder()
  closers = [() => folder.remove()]
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
})

test('a worker is killed half-way: the next one finishes, each block is done at least once, hardly any twice', async () => {
  const server = await startServer(folder.path)
  const connection = await Connection.connect({ address: server.address })
  closers.push(server.close, () => connection.close())
  const { workflow } = new Client({ connection })
  const recordPath = join(folder.path, 'blocks')
  writeFileSync(recordPath, '')
  const done = () => readFileSync(recordPath, 'utf8').split('\n').filter(Boolean).map(Number)
  const launch = await workerProgram(server.address, recordPath)

  const first = launch()
  const { workflowId } = await requestRecompute(workflow, rangeOf(20), Date.now)
  await until(() => done().length >= 5)
  first.kill('SIGKILL')
  launch()
  await until(async () => (await recomputeProgress(workflow, workflowId)).state === 'completed', 90_000)

  expect([...new Set(done())]).toEqual(blocksBetween(0, 20 * BLOCK_MS))
  expect(done().length).toBeLessThanOrEqual(21)
})

test('the server is killed: it comes back, the recompute goes on, its id still answers', async () => {
  const work = createFakeWork()
  work.beforeBlock = () => new Promise((resolve) => setTimeout(resolve, 200))
  const temporal = await open(work)
  const { workflowId } = await temporal.recompute(rangeOf(15))
  await until(() => work.calls.length >= 6)
  const notedPid = () => JSON.parse(readFileSync(join(folder.path, 'temporal', 'server.json'), 'utf8')).pid as number
  const killed = notedPid()
  process.kill(killed, 'SIGKILL')
  await until(() => notedPid() !== killed)
  await until(async () => (await stateOf(temporal, workflowId)) === 'completed', 90_000)
})

test('closed half-way and opened again, it goes on where it stopped', async () => {
  const work = createFakeWork()
  work.beforeBlock = () => new Promise((resolve) => setTimeout(resolve, 200))
  const before = await open(work)
  const { workflowId } = await before.recompute(rangeOf(12))
  await until(() => work.calls.length >= 6)
  await before.close()
  const stopped = work.calls.length
  const after = await open(work)
  await until(async () => (await stateOf(after, workflowId)) === 'completed', 90_000)
  expect(stopped).toBeLessThan(work.calls.length)
  const blocks = work.calls.filter((call) => call.startsWith('recompute '))
  expect(new Set(blocks).size).toBe(12)
})

test('a database that is no database: paused, with the file named and the command that puts it aside', async () => {
  const server = await startServer(folder.path)
  await server.close()
  const database = join(folder.path, 'temporal', 'temporal.db')
  writeFileSync(database, 'this is not a database, it is a sentence that is long enough to fill a header of SQLite')
  const temporal = await setStage({ dataDir: folder.path, work: createFakeWork() })
  closers.push(() => temporal.close())
  temporal.start()
  await until(async () => (await temporal.status()).state === 'paused', 60_000)
  const { reason } = await temporal.status()
  expect(reason).toContain(`its database ${database} cannot be used`)
  expect(reason).toContain(`mv '${database}' '${database}.damaged'`)
})

test('an external server that does not answer: paused, and the setting named', async () => {
  const config = { 'temporal.address': '127.0.0.1:9' }
  const temporal = await setStage({ dataDir: folder.path, work: createFakeWork(), config })
  closers.push(() => temporal.close())
  temporal.start()
  await until(async () => (await temporal.status()).state === 'paused')
  expect((await temporal.status()).reason).toMatch(/127\.0\.0\.1:9: .* mend it with: check that temporal\.address/)
  await expect(temporal.recompute(rangeOf(1))).rejects.toMatchObject({ code: 'TM_TEMPORAL_MISSING', status: 503 })
})

test('an external server is used as it is', async () => {
  const server = await startServer(folder.path)
  closers.push(server.close)
  const work = createFakeWork()
  const temporal = await setStage({ dataDir: folder.path, work, config: { 'temporal.address': server.address } })
  closers.push(() => temporal.close())
  await startStage(temporal)
  await until(() => work.calls.includes('sealReady'))
})

async function open(work: FakeWork): Promise<Temporal> {
  const temporal = await setStage({ dataDir: folder.path, work, config: { 'batch.seal_every': '1h' } })
  closers.push(() => temporal.close())
  await startStage(temporal)
  return temporal
}

/** Makes the worker of worker-process.ts a program; the function starts it, as often as wanted. */
async function workerProgram(address: string, recordPath: string): Promise<() => ChildProcess> {
  const outfile = join(root, 'node_modules', '.cache', 'tidemark-worker-process.mjs')
  const entryPoints = [join(root, 'test', 'temporal', 'worker-process.ts')]
  await build({ entryPoints, outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm' })
  const bundlePath = await flowBundle()
  return () => {
    const child = spawn(process.execPath, [outfile, address, bundlePath, recordPath, '200'], { stdio: 'inherit' })
    closers.push(() => child.kill('SIGKILL'))
    return child
  }
}

/** Where a recompute stands; while its server or worker has just gone, a question may find no answer. */
function stateOf(temporal: Pick<Temporal, 'progress'>, workflowId: string): Promise<string> {
  return temporal.progress(workflowId).then(
    ({ state }) => state,
    () => 'unknown',
  )
}
