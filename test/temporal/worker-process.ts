import { appendFileSync } from 'node:fs'
import { createActivities } from '../../workflows/activities.js'
import { startWorker } from '../../workflows/worker.js'
import { createFakeWork, idleEscalation } from './fake-work.js'
import { silent } from './stage.js'

/** A worker in a process of its own, so that a test can kill it: each recomputed block becomes a line of a file. */
const [address, bundlePath, recordPath, blockMs] = process.argv.slice(2)
const work = createFakeWork()
work.beforeBlock = async (startMs) => {
  await new Promise((resolve) => setTimeout(resolve, Number(blockMs)))
  appendFileSync(recordPath, `${startMs}\n`)
}
await startWorker({
  connection: { address },
  namespace: 'default',
  bundlePath,
  activities: createActivities(work, idleEscalation),
  slots: { batch: 3, upkeep: 2, alerts: 1 },
  build: { deploymentName: 'tidemark', buildId: 'test', isVersioned: false },
  logger: silent,
})
