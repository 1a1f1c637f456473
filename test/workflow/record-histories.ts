import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { Temporal } from '../../adapters/temporal/temporal.js'
import { TidemarkError } from '../../schemas/errors.js'
import { RECOMPUTE_QUEUE_ID, TASK_QUEUE } from '../../schemas/flows.js'
import type { RecomputeProgress } from '../../schemas/ports/workflows.js'
import { BLOCK_MS, createFakeWork, rangeOf } from '../temporal/fake-work.js'
import { scratchFolder, setStage, startStage, until } from '../temporal/stage.js'
import { recordEscalations } from './record-escalation.js'

// Plays each flow on a real server (that of escalation on one that skips time) and writes its history to test/workflow/histories, where replay.test.ts finds it.
// Run from the project's folder, and only after a flow was changed on purpose: what stands there stands for the
// workflows that run on users' machines while they update.
const target = resolve('test', 'workflow', 'histories')
const folder = scratchFolder()
const work = createFakeWork()
const temporal = await setStage({ dataDir: folder.path, work })
await startStage(temporal)
const connection = await Connection.connect({ address: (await temporal.status()).address })
const { workflow } = new Client({ connection })
mkdirSync(target, { recursive: true })

await recordScheduled()
await recordRanges(temporal)
await connection.close()
await temporal.close()
folder.remove()
await recordEscalations(saveHistory)

async function recordScheduled(): Promise<void> {
  work.ready.push(0, BLOCK_MS)
  work.dirty.push(0, BLOCK_MS)
  work.unclosed.push(1)
  await until(() => work.calls.filter((call) => call.startsWith('audit ')).length >= 5)
  await save('seal-two-blocks', await longest('sealBlocks'))
  await save('dirty-two-blocks', await longest('recomputeDirty'))
  for await (const { workflowId } of workflow.list({ query: "WorkflowType = 'auditLater'" })) {
    await workflow.getHandle(workflowId).result()
    await save('audit-later', workflowId)
  }
  const maintain = await workflow.start('maintain', {
    workflowId: 'maintain-recorded',
    taskQueue: TASK_QUEUE.batch,
    args: [],
  })
  await maintain.result()
  await save('maintain', 'maintain-recorded')
  work.pages.push('7', '8')
  const train = await workflow.start('trainPatterns', {
    workflowId: 'train-recorded',
    taskQueue: TASK_QUEUE.batch,
    args: ['all'],
  })
  await train.result()
  await save('train-three-pages', 'train-recorded')
}

/** Id of the scheduled run that had the most to do. */
async function longest(type: string): Promise<string> {
  let best = { id: '', events: 0 }
  await until(async () => {
    for await (const run of workflow.list({ query: `WorkflowType = '${type}' AND ExecutionStatus = 'Completed'` })) {
      if (run.historyLength > best.events) best = { id: run.workflowId, events: run.historyLength }
    }
    return best.events > 12
  })
  return best.id
}

async function recordRanges(workflows: Temporal): Promise<void> {
  const ended = async (id: string, state: RecomputeProgress['state']) =>
    until(async () => (await workflows.progress(id)).state === state, 120_000)
  const slow = () => new Promise<void>((done) => setTimeout(done, 300))

  work.beforeBlock = slow
  const [first, second] = [await workflows.recompute(rangeOf(6)), await workflows.recompute(rangeOf(2, 50 * BLOCK_MS))]
  await workflows.signal(second.workflowId, 'cancel')
  await until(async () => (await workflows.progress(first.workflowId)).blocksDone >= 1)
  await workflows.signal(first.workflowId, 'pause')
  await ended(first.workflowId, 'paused')
  await workflows.signal(first.workflowId, 'resume')
  await ended(first.workflowId, 'completed')
  await ended(second.workflowId, 'cancelled')
  await save('range-paused-and-resumed', first.workflowId)
  await save('range-cancelled-while-waiting', second.workflowId)
  await workflow.getHandle(RECOMPUTE_QUEUE_ID).result()
  await save('queue-of-two', RECOMPUTE_QUEUE_ID)

  const cancelled = await workflows.recompute(rangeOf(9))
  await until(async () => (await workflows.progress(cancelled.workflowId)).blocksDone >= 1)
  await workflows.signal(cancelled.workflowId, 'cancel')
  await ended(cancelled.workflowId, 'cancelled')
  await save('range-cancelled', cancelled.workflowId)

  work.beforeBlock = async (start) => {
    if (start === BLOCK_MS) throw new TidemarkError('TM_BLOCK_UNKNOWN', { start, lengthMs: BLOCK_MS })
  }
  const failed = await workflows.recompute(rangeOf(3))
  await ended(failed.workflowId, 'failed')
  await save('range-with-a-failed-block', failed.workflowId)

  const long = await workflows.recompute(rangeOf(203))
  await ended(long.workflowId, 'failed')
  await save('range-continued-in-a-second-run', long.workflowId)
}

/** Writes the newest run's history. */
async function save(name: string, workflowId: string): Promise<void> {
  await saveHistory(name, workflow.getHandle(workflowId))
}

/** Writes a history, without names and paths of the machine that it ran on. */
async function saveHistory(name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const json = historyToJSON(await handle.fetchHistory())
  const anonymous = json
    .replaceAll(/"(identity|stackTrace)": "(?:[^"\\]|\\.)*"/g, (_, field) => `"${field}": ""`)
    // A sticky task queue is named after process and host.
    .replaceAll(/"\d+@[^"]*"/g, '"sticky"')
  writeFileSync(join(target, `${name}.json`), `${anonymous}\n`)
}
