import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Temporal } from '../../adapters/temporal/temporal.js'
import { BLOCK_MS, createFakeWork } from './fake-work.js'
import { scratchFolder, setStage, startStage, until } from './stage.js'

const folder = scratchFolder()
const work = createFakeWork()
let temporal: Temporal

beforeAll(async () => {
  const config = { anomaly: { training: { at: '03:45', retrain_every: '1s' } } }
  temporal = await setStage({ dataDir: folder.path, work, config })
  await startStage(temporal)
})
afterAll(async () => {
  await temporal.close()
  folder.remove()
})

test('what is ready is sealed and audited within a rhythm of the schedule, and asked for again and again', async () => {
  work.ready.push(0, BLOCK_MS)
  await until(() => work.calls.includes(`audit ${BLOCK_MS}`))
  const before = work.calls.filter((call) => call === 'sealReady').length
  await until(() => work.calls.filter((call) => call === 'sealReady').length > before + 1)
  expect(work.calls.filter((call) => call === 'audit 0')).toHaveLength(1)
})

test('a sealed block that the speed layer has not closed yet is audited later, and no seal waits for that', async () => {
  work.unclosed.push(1)
  work.ready.push(5 * BLOCK_MS)
  await until(() => work.calls.includes(`audit ${5 * BLOCK_MS}`))
  const before = work.calls.filter((call) => call === 'sealReady').length
  await until(() => work.calls.filter((call) => call === `audit ${5 * BLOCK_MS}`).length === 2)
  expect(work.calls.filter((call) => call === 'sealReady').length).toBeGreaterThan(before + 3)
})

test('a dirty block that is due is recomputed, then audited', async () => {
  work.dirty.push(7 * BLOCK_MS)
  await until(() => work.calls.includes(`audit ${7 * BLOCK_MS}`))
  const calls = work.calls.filter((call) => call.endsWith(` ${7 * BLOCK_MS}`))
  expect(calls).toEqual([`recompute ${7 * BLOCK_MS}`, `audit ${7 * BLOCK_MS}`])
})

test('what was corrected is trained again in its rhythm, and all patterns every night at the time that is set', async () => {
  await until(() => work.calls.filter((call) => call === 'train corrected after none').length >= 2)
  const connection = await Connection.connect({ address: (await temporal.status()).address })
  const { info } = await new Client({ connection }).schedule.getHandle('tidemark-train').describe()
  await connection.close()
  expect(info.nextActionTimes.length).toBeGreaterThan(1)
  for (const time of info.nextActionTimes) expect(time.toISOString().slice(11, 19)).toBe('03:45:00')
  expect(work.calls).not.toContain('plan all')
})

test('a run that is still at work is not joined by another of its schedule', async () => {
  let atOnce = 0
  let most = 0
  work.beforeBlock = async () => {
    most = Math.max(most, ++atOnce)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    atOnce--
  }
  work.dirty.push(20 * BLOCK_MS)
  await until(() => atOnce === 1)
  work.dirty.push(21 * BLOCK_MS)
  await until(() => work.calls.includes(`recompute ${21 * BLOCK_MS}`))
  expect(most).toBe(1)
})
