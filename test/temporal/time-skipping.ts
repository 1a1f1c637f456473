import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import type { EscalationWork } from '../../alerting/escalation/escalator.js'
import type { BatchWork } from '../../batch/work.js'
import { obtain } from '../../infra/stack/programs.js'
import { TASK_QUEUE } from '../../schemas/flows.js'
import { createActivities } from '../../workflows/activities.js'
import { createFakeWork } from './fake-work.js'
import { flowBundle } from './flow-bundle.js'

/** A Temporal whose clock runs ahead while nothing but timers is waited for, with a worker of ours. */
export interface TimeSkippingStage {
  env: TestWorkflowEnvironment
  /** What its clock says, ms. */
  nowMs(): Promise<number>
  close(): Promise<void>
}

/** The SDK gives a server five seconds to start, which a busy machine may not have for it. */
const TRIES = 6

/** Starts it: hours pass in moments. Brings the server into the cache of programs if it is not there. */
export async function setTimeSkippingStage(
  escalation: EscalationWork,
  work: BatchWork = createFakeWork(),
): Promise<TimeSkippingStage> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] })
  const jars = await obtain('temporal-test-server', console.log)
  const java = await obtain('java', console.log)
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-time-skipping-'))
  const program = join(folder, 'temporal-test-server')
  writeFileSync(program, `#!/bin/sh\nexec '${java}' -cp '${jars}/*' io.temporal.testserver.TestServer "$@"\n`)
  chmodSync(program, 0o755)
  const env = await startEnvironment(program)
  const activities = createActivities(work, escalation)
  const shared = { connection: env.nativeConnection, activities }
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: TASK_QUEUE.batch,
      workflowBundle: { codePath: await flowBundle() },
    }),
    await Worker.create({ ...shared, taskQueue: TASK_QUEUE.upkeep }),
    await Worker.create({ ...shared, taskQueue: TASK_QUEUE.alerts }),
  ]
  const running = Promise.all(workers.map((worker) => worker.run()))
  return {
    env,
    nowMs: () => env.currentTimeMs(),
    async close() {
      for (const worker of workers) worker.shutdown()
      await running
      await env.teardown()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startEnvironment(path: string): Promise<TestWorkflowEnvironment> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      })
    } catch (thrown) {
      if (attempt === TRIES) throw thrown
    }
  }
}
