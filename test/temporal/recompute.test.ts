import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Temporal } from '../../adapters/temporal/temporal.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { RecomputeProgress } from '../../schemas/ports/workflows.js'
import { BLOCK_MS, blocksBetween, createFakeWork, rangeOf } from './fake-work.js'
import { scratchFolder, setStage, startStage, until } from './stage.js'

const folder = scratchFolder()
const work = createFakeWork()
let temporal: Temporal

const recomputed = () =>
  work.calls.filter((call) => call.startsWith('recompute ')).map((call) => Number(call.slice(10)))
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

beforeAll(async () => {
  temporal = await setStage({ dataDir: folder.path, work, config: { 'batch.seal_every': '1h' } })
  await startStage(temporal)
})
afterAll(async () => {
  await temporal.close()
  folder.remove()
})
beforeEach(() => {
  work.calls.length = 0
  work.beforeBlock = async () => undefined
})

async function untilState(workflowId: string, state: RecomputeProgress['state']): Promise<RecomputeProgress> {
  await until(async () => (await temporal.progress(workflowId)).state === state, 90_000)
  return temporal.progress(workflowId)
}

test('a range is recomputed block by block, oldest first, each one audited', async () => {
  const { workflowId } = await temporal.recompute({ startMs: 1, endMs: 3 * BLOCK_MS })
  const progress = await untilState(workflowId, 'completed')
  expect(progress).toMatchObject({ workflowId, blocksTotal: 3, blocksDone: 3 })
  const each = blocksBetween(0, 3 * BLOCK_MS).flatMap((start) => [`recompute ${start}`, `audit ${start}`])
  expect(work.calls.filter((call) => /recompute|audit/.test(call))).toEqual(each)
})

test('its progress names the block in hand', async () => {
  work.beforeBlock = async (start) => (start === BLOCK_MS ? wait(1_000) : undefined)
  const { workflowId } = await temporal.recompute(rangeOf(2))
  await until(async () => (await temporal.progress(workflowId)).currentMs === BLOCK_MS)
  expect(await temporal.progress(workflowId)).toMatchObject({ state: 'running', blocksTotal: 2, blocksDone: 1 })
  await untilState(workflowId, 'completed')
})

test('pause stops it between two blocks, resume lets it go on, nothing is done twice', async () => {
  work.beforeBlock = () => wait(150)
  const { workflowId } = await temporal.recompute(rangeOf(8))
  await until(() => recomputed().length >= 2)
  await temporal.signal(workflowId, 'pause')
  const { blocksDone } = await untilState(workflowId, 'paused')
  await wait(700)
  const still = recomputed().length
  expect(still - blocksDone).toBeLessThanOrEqual(1)
  await temporal.signal(workflowId, 'resume')
  await untilState(workflowId, 'completed')
  expect(recomputed()).toEqual(blocksBetween(0, 8 * BLOCK_MS))
})

test('cancel ends it after the block in hand, and its progress is kept', async () => {
  work.beforeBlock = () => wait(150)
  const { workflowId } = await temporal.recompute(rangeOf(50))
  await until(() => recomputed().length >= 1)
  await temporal.signal(workflowId, 'cancel')
  const { blocksDone, blocksTotal } = await untilState(workflowId, 'cancelled')
  expect(blocksTotal).toBe(50)
  expect(blocksDone).toBe(recomputed().length)
  expect(blocksDone).toBeLessThan(10)
  await expect(temporal.signal(workflowId, 'resume')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
})

test('two ranges queue: the second starts when the first is done, and says so meanwhile', async () => {
  work.beforeBlock = () => wait(100)
  const first = await temporal.recompute(rangeOf(5))
  const second = await temporal.recompute(rangeOf(3, 100 * BLOCK_MS))
  expect(await temporal.progress(second.workflowId)).toMatchObject({ state: 'queued', blocksDone: 0 })
  await untilState(second.workflowId, 'completed')
  expect(recomputed()).toEqual([...blocksBetween(0, 5 * BLOCK_MS), ...blocksBetween(100 * BLOCK_MS, 103 * BLOCK_MS)])
  expect(await temporal.progress(first.workflowId)).toMatchObject({ state: 'completed' })
})

test('a range that waits can be cancelled or paused, and the others get their turn in order', async () => {
  work.beforeBlock = () => wait(150)
  const [first, dropped, held, last] = await Promise.all(
    [0, 100, 200, 300].map(async (block, i) => {
      await wait(i * 200)
      return temporal.recompute(rangeOf(6, block * BLOCK_MS))
    }),
  )
  await temporal.signal(dropped.workflowId, 'cancel')
  await temporal.signal(held.workflowId, 'pause')
  expect(await temporal.progress(dropped.workflowId)).toMatchObject({ state: 'cancelled' })
  await untilState(first.workflowId, 'completed')
  await until(() => recomputed().length === 6)
  expect(await untilState(held.workflowId, 'paused')).toMatchObject({ blocksDone: 0 })
  expect(await temporal.progress(last.workflowId)).toMatchObject({ state: 'queued' })
  await temporal.signal(held.workflowId, 'resume')
  await untilState(last.workflowId, 'completed')
  expect(await temporal.progress(dropped.workflowId)).toMatchObject({ state: 'cancelled', blocksDone: 0 })
  expect(recomputed()).toEqual(
    [0, 200, 300].flatMap((block) => blocksBetween(block * BLOCK_MS, (block + 6) * BLOCK_MS)),
  )
})

test('a block that cannot be recomputed is reported, the others are done all the same', async () => {
  work.beforeBlock = async (start) => {
    if (start === BLOCK_MS) throw new TidemarkError('TM_BLOCK_UNKNOWN', { start, lengthMs: BLOCK_MS })
  }
  const { workflowId } = await temporal.recompute(rangeOf(3))
  const progress = await untilState(workflowId, 'failed')
  expect(progress).toMatchObject({ blocksTotal: 3, blocksDone: 2 })
  expect(progress.failure).toBe('block 1970-01-01T00:10:00.000Z: TM_BLOCK_UNKNOWN: no block starts at 600,000')
  expect(recomputed()).toEqual([0, 2 * BLOCK_MS])
})

test('a block is tried again when its error is retriable', async () => {
  let failures = 2
  work.beforeBlock = async () => {
    if (failures-- > 0) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'it restarts' })
  }
  const { workflowId } = await temporal.recompute(rangeOf(1))
  expect(await untilState(workflowId, 'completed')).toMatchObject({ blocksDone: 1 })
})

test('a long range goes on in a new run, under the same id, without losing count or pause', async () => {
  const { workflowId } = await temporal.recompute(rangeOf(230))
  await until(() => recomputed().length >= 205, 90_000)
  await temporal.signal(workflowId, 'pause')
  const paused = await untilState(workflowId, 'paused')
  expect(paused.blocksTotal).toBe(230)
  expect(paused.blocksDone).toBeGreaterThan(200)
  await temporal.signal(workflowId, 'resume')
  expect(await untilState(workflowId, 'completed')).toMatchObject({ blocksTotal: 230, blocksDone: 230 })
  expect(recomputed()).toEqual(blocksBetween(0, 230 * BLOCK_MS))
})

test('an empty range and an unknown recompute are refused', async () => {
  await expect(temporal.recompute({ startMs: 5, endMs: 5 })).rejects.toMatchObject({ code: 'TM_RANGE' })
  await expect(temporal.progress('tidemark-recompute-of-nothing')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
  await expect(temporal.signal('tidemark-recompute-of-nothing', 'pause')).rejects.toMatchObject({
    code: 'TM_NOT_FOUND',
  })
})

test('the status lists what runs', async () => {
  work.beforeBlock = () => wait(2_000)
  const { workflowId } = await temporal.recompute(rangeOf(2))
  await until(async () => (await temporal.status()).running.some((running) => running.workflowId === workflowId))
  const { state, address, running } = await temporal.status()
  expect({ state, address }).toEqual({ state: 'running', address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
  expect(running.find((entry) => entry.workflowId === workflowId)).toMatchObject({ type: 'recomputeRange' })
  await temporal.signal(workflowId, 'cancel')
})
