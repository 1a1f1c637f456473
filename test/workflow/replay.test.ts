import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import { flowBundle } from '../temporal/flow-bundle.js'

const folder = fileURLToPath(new URL('./histories/', import.meta.url))
const histories = readdirSync(folder).filter((file) => file.endsWith('.json'))

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] })
})

test('every flow has a saved history', () => {
  const types = histories.map(
    (file) => readHistory(file).events[0].workflowExecutionStartedEventAttributes.workflowType.name,
  )
  expect([...new Set(types)].sort()).toEqual([
    'auditLater',
    'escalate',
    'maintain',
    'recomputeDirty',
    'recomputeQueue',
    'recomputeRange',
    'sealBlocks',
    'trainPatterns',
  ])
})

test('workflows that were begun with earlier code go on with this one: each saved history replays', async () => {
  const saved = histories.map((file) => ({ workflowId: file, history: readHistory(file) }))
  const workflowBundle = { codePath: await flowBundle() }
  const replayed: string[] = []
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, saved)) {
    expect(error, `${workflowId}: ${error?.message}`).toBeUndefined()
    replayed.push(workflowId)
  }
  expect(replayed.sort()).toEqual(histories.sort())
})

interface SavedHistory {
  events: [{ workflowExecutionStartedEventAttributes: { workflowType: { name: string } } }]
}

function readHistory(file: string): SavedHistory {
  return JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as SavedHistory
}
