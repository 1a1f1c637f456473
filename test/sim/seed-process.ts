import { runSeed } from './run-seed.js'
import { openStage } from './stage.js'

/**
 * A process that runs the seeds it is sent, one after the other, and answers each with its outcome. Ends when it is
 * sent nothing more.
 */
const stage = await openStage()
let tail: Promise<void> = Promise.resolve()

process.on('message', (seed: number) => {
  tail = tail.then(async () => void process.send?.(await runSeed(stage, seed)))
})
process.on('disconnect', () => {
  tail = tail.then(() => stage.close())
})
// Ctrl-C goes to the whole group; who sent the seeds decides when this process ends.
process.on('SIGINT', () => undefined)
