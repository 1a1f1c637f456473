import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkTemporal } from '../../adapters/temporal/check.js'
import { createTemporalClient, type TemporalClient } from '../../adapters/temporal/client.js'
import { createTemporal, type Temporal } from '../../adapters/temporal/temporal.js'
import { type Stack, startStack } from '../../infra/stack/start.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'
import { createActivities } from '../../workflows/activities.js'
import { BLOCK_MS, createFakeWork, type FakeWork, idleEscalation, rangeOf } from '../temporal/fake-work.js'
import { flowBundle } from '../temporal/flow-bundle.js'
import { silent, until } from '../temporal/stage.js'
import { makeCertificate } from './certificate.js'
import { startGrpcProxy } from './grpc-proxy.js'

let folder: string
let stack: Stack
let address: string
let namespaces = 0
let closers: (() => Promise<unknown>)[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tt-'))
  stack = await startStack({ dir: join(folder, 'stack'), parts: ['temporal'], log: () => undefined })
  address = stack.part('temporal').address
})
afterAll(async () => {
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  closers = []
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
})

/** Settings with a namespace of its own, and schedules that fire every second unless told otherwise. */
async function newConfig(settings: Record<string, unknown> = {}): Promise<Config> {
  const namespace = `n${namespaces++}`
  const connection = await Connection.connect({ address })
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  const exists = () =>
    connection.workflowService.describeNamespace({ namespace }).then(
      () => true,
      () => false,
    )
  await until(exists)
  await connection.close()
  return configOf({ 'temporal.namespace': namespace, 'batch.seal_every': '1s', ...settings })
}

function configOf(settings: Record<string, unknown>): Config {
  return loadConfig({ env: {}, overrides: { 'temporal.address': address, ...settings } })
}

function openClient(config: Config): TemporalClient {
  const client = createTemporalClient(config, Date.now)
  closers.push(() => client.close())
  return client
}

/** A worker as a process of its own has it. */
async function openWorker(config: Config, work: FakeWork, version = '1.0.0'): Promise<Temporal> {
  const worker = createTemporal({
    config,
    dataDir: folder,
    searchPath: [],
    env: {},
    activities: createActivities(work, idleEscalation),
    loadWorker: () => import('../../workflows/worker.js'),
    bundlePath: await flowBundle(),
    version,
    logger: silent,
    clock: Date.now,
  })
  closers.push(() => worker.close())
  worker.start()
  return worker
}

const recomputed = ({ calls }: FakeWork) => calls.filter((call) => call.startsWith('recompute '))

async function untilDone(client: TemporalClient, workflowId: string): Promise<void> {
  const state = () =>
    client.progress(workflowId).then(
      (progress) => progress.state,
      () => 'unknown',
    )
  await until(async () => (await state()) === 'completed', 90_000)
}

describe('a client and a worker, each in a process of its own', () => {
  test('the client says that no worker is there; once one is, it asks, follows and signals', async () => {
    const config = await newConfig()
    const client = openClient(config)
    expect(await client.status()).toMatchObject({ state: 'paused', reason: expect.stringContaining('role `worker`') })
    const work = createFakeWork()
    const worker = await openWorker(config, work)
    await until(async () => (await client.status()).state === 'running')
    await until(async () => (await worker.status()).state === 'running')
    work.beforeBlock = () => sleep(100)
    const { workflowId } = await client.recompute(rangeOf(8))
    await until(() => recomputed(work).length >= 2)
    await client.signal(workflowId, 'pause')
    await until(async () => (await client.progress(workflowId)).state === 'paused')
    expect((await client.status()).running.map((run) => run.workflowId)).toContain(workflowId)
    await client.signal(workflowId, 'resume')
    await untilDone(client, workflowId)
  })

  test('the server is away for some seconds: both come back by themselves, and the recompute goes on', async () => {
    const config = await newConfig()
    const work = createFakeWork()
    work.beforeBlock = () => sleep(200)
    const client = openClient(config)
    const worker = await openWorker(config, work)
    await until(async () => (await worker.status()).state === 'running')
    const { workflowId } = await client.recompute(rangeOf(20))
    await until(() => recomputed(work).length >= 3)
    await stack.part('temporal').kill()
    expect(await client.status()).toMatchObject({ state: 'paused', reason: expect.stringContaining(address) })
    await expect(client.progress(workflowId)).rejects.toMatchObject({ code: 'TM_TEMPORAL_MISSING', retriable: true })
    await sleep(8_000)
    await stack.part('temporal').start()
    await untilDone(client, workflowId)
    expect(new Set(recomputed(work)).size).toBe(20)
    const before = work.calls.filter((call) => call === 'sealReady').length
    await until(() => work.calls.filter((call) => call === 'sealReady').length > before)
    expect((await client.status()).state).toBe('running')
  })

  test('a range and a dirty block that take long delay no seal, and maintenance that takes long no audit', async () => {
    const work = createFakeWork()
    let finish = () => {}
    const long = new Promise<void>((resolve) => {
      finish = resolve
    })
    const sweep = work.sweep
    work.sweep = async () => {
      await long
      return sweep()
    }
    const slow = 900 * BLOCK_MS
    work.beforeBlock = async (start) => (start >= slow ? long : undefined)
    const config = await newConfig()
    const client = openClient(config)
    const worker = await openWorker(config, work)
    await until(async () => (await worker.status()).state === 'running')
    const connection = await Connection.connect({ address })
    const { schedule } = new Client({ connection, namespace: config.temporal.namespace })
    await schedule.getHandle('tidemark-maintain').trigger()
    await client.recompute(rangeOf(1, slow))
    work.dirty.push(slow + BLOCK_MS)
    await until(async () => (await client.status()).running.length >= 4)
    work.ready.push(0)
    await until(() => work.calls.includes('audit 0'))
    expect(recomputed(work)).toEqual([])
    finish()
    await until(() => recomputed(work).length === 2 && work.calls.includes('sweep'))
    await connection.close()
  })

  test('without a server, or told of none, both say what to do', async () => {
    const work = createFakeWork()
    const nowhere = await openWorker(configOf({ 'temporal.address': '127.0.0.1:9' }), work)
    await until(async () => (await nowhere.status()).state === 'paused')
    expect((await nowhere.status()).reason).toMatch(/127\.0\.0\.1:9: .* mend it with: check that temporal\.address/)
    const untold = openClient(configOf({ 'temporal.address': '' }))
    const reason = expect.stringContaining('temporal.address is empty')
    expect(await untold.status()).toMatchObject({ state: 'paused', reason })
    await expect(untold.recompute(rangeOf(1))).rejects.toMatchObject({ code: 'TM_TEMPORAL_MISSING' })
    const off = openClient(configOf({ 'temporal.enabled': false }))
    expect(await off.status()).toMatchObject({ state: 'paused', reason: expect.stringContaining('temporal.enabled') })
  })
})

describe('two builds at once', () => {
  test('the newer one takes the work over, running flows included; the older one, started again, does not get it back', async () => {
    const config = await newConfig()
    const [older, newer] = [createFakeWork(), createFakeWork()]
    older.beforeBlock = () => sleep(200)
    newer.beforeBlock = () => sleep(200)
    const client = openClient(config)
    await openWorker(config, older, '1.0.0')
    // More than is done while this test runs.
    const { workflowId } = await client.recompute(rangeOf(1_000))
    await until(() => recomputed(older).length >= 3)
    await openWorker(config, newer, '1.1.0')
    await until(() => recomputed(newer).length >= 3, 90_000)
    const taken = older.calls.length
    await openWorker(config, older, '1.0.0')
    const before = recomputed(newer).length
    await until(() => recomputed(newer).length >= before + 5, 90_000)
    // What was begun may have been finished; nothing else came.
    expect(older.calls.length - taken).toBeLessThanOrEqual(2)
    await client.signal(workflowId, 'cancel')
    await until(async () => (await client.progress(workflowId)).state === 'cancelled')
    const done = new Set([...recomputed(older), ...recomputed(newer)])
    expect(done.size).toBe((await client.progress(workflowId)).blocksDone)
  })

  test('a server that does not tell builds apart gives the work to whoever asks', async () => {
    const own = makeCertificate(folder, 'localhost')
    const proxy = await startGrpcProxy(address, own)
    closers.push(() => proxy.close())
    proxy.refuse = (path) => (path.endsWith('WorkerDeployments') ? { code: 12, message: 'unknown method' } : undefined)
    const { temporal } = await newConfig()
    const config = configOf({
      temporal: { ...temporal, address: proxy.address, ca: own.ca },
      'batch.seal_every': '1s',
    })
    const work = createFakeWork()
    await openWorker(config, work)
    await until(() => work.calls.includes('sealReady'))
    expect((await checkTemporal(config, Date.now)).find(({ what }) => what === 'Temporal: updates')).toMatchObject({
      detail: expect.stringContaining('does not tell builds apart'),
    })
  })
})

describe('TLS', () => {
  test('certificates of both sides and an API key, for client and worker', async () => {
    const [own, ours] = [makeCertificate(folder, 'localhost'), makeCertificate(folder, 'client')]
    const proxy = await startGrpcProxy(address, own, ours)
    closers.push(() => proxy.close())
    proxy.refuse = (_, headers) =>
      headers.authorization === 'Bearer the-key' ? undefined : { code: 16, message: 'who are you?' }
    const { temporal } = await newConfig()
    const secured = {
      ...temporal,
      address: proxy.address,
      ca: own.ca,
      cert: ours.cert,
      key: ours.key,
      api_key: 'the-key',
    }
    const config = configOf({ temporal: secured, 'batch.seal_every': '1s' })
    const client = openClient(config)
    const work = createFakeWork()
    await openWorker(config, work)
    const { workflowId } = await client.recompute(rangeOf(2))
    await untilDone(client, workflowId)
    expect(await client.status()).toMatchObject({ state: 'running', address: proxy.address })

    const [wrongKey] = await checkTemporal(configOf({ temporal: { ...secured, api_key: 'another' } }), Date.now)
    expect(wrongKey).toMatchObject({
      ok: false,
      detail: expect.stringContaining('who are you?'),
      fix: expect.stringContaining('api_key'),
    })
    const [unknown] = await checkTemporal(configOf({ temporal: { ...secured, cert: '', key: '' } }), Date.now)
    expect(unknown).toMatchObject({ what: 'Temporal', ok: false })
    const [distrusted] = await checkTemporal(configOf({ temporal: { ...secured, ca: ours.ca } }), Date.now)
    expect(distrusted).toMatchObject({ what: 'Temporal', ok: false })
    const [absent] = await checkTemporal(configOf({ temporal: { ...secured, ca: '/no/such.pem' } }), Date.now)
    expect(absent).toMatchObject({ ok: false, detail: expect.stringContaining('temporal.ca') })
  })
})

describe('the doctor', () => {
  const findings = async (config: Config) =>
    Object.fromEntries((await checkTemporal(config, Date.now)).map(({ what, ...rest }) => [what, rest]))

  test('sees what is missing before a worker was there, and nothing once one is', async () => {
    const config = await newConfig()
    expect(await findings(config)).toMatchObject({
      Temporal: { ok: true },
      'Temporal: namespace': { ok: true },
      'Temporal: workers': { ok: false, fix: expect.stringContaining('worker') },
      'Temporal: schedules': { ok: false, detail: expect.stringContaining('tidemark-seal') },
    })
    const worker = await openWorker(config, createFakeWork())
    await until(async () => (await worker.status()).state === 'running')
    await until(async () => (await findings(config))['Temporal: workers'].ok)
    const after = await findings(config)
    expect(Object.values(after).every(({ ok }) => ok)).toBe(true)
    expect(after['Temporal: workers'].detail).toContain('1.0.0-')
  })

  test('tells schedules that someone paused, a namespace that is not there, and a server that is not', async () => {
    const config = await newConfig()
    const worker = await openWorker(config, createFakeWork())
    await until(async () => (await worker.status()).state === 'running')
    const connection = await Connection.connect({ address })
    await new Client({ connection, namespace: config.temporal.namespace }).schedule.getHandle('tidemark-seal').pause()
    await connection.close()
    expect((await findings(config))['Temporal: schedules']).toMatchObject({
      ok: false,
      detail: 'paused by hand: tidemark-seal',
      fix: expect.stringContaining('--unpause'),
    })
    const absent = await findings(configOf({ 'temporal.namespace': 'none' }))
    expect(absent['Temporal: namespace']).toMatchObject({ ok: false, fix: expect.stringContaining('namespace create') })
    const away = await findings(configOf({ 'temporal.address': '127.0.0.1:9' }))
    expect(away.Temporal).toMatchObject({ ok: false, detail: expect.stringContaining('127.0.0.1:9') })
  })
})
