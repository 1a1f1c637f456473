import { EmbeddedLog } from '../../adapters/embedded/log.js'

/**
 * Appends to a log until it is killed. Prints a line "partition:number" for each record that was acknowledged.
 * Arguments: the log's folder.
 */
const DAY_MS = 86_400_000
const log = new EmbeddedLog({
  folder: process.argv[2],
  partitions: 2,
  retentionMs: { 'tidemark.points': DAY_MS, 'tidemark.windows': DAY_MS, 'tidemark.deadletter': DAY_MS },
  clock: Date.now,
})

async function appendForever(partition: number): Promise<void> {
  for (let number = 0; ; number++) {
    const value = Buffer.alloc(20_000, `${partition}:${number} `)
    await log.append('tidemark.points', [{ partition, value }])
    process.stdout.write(`${partition}:${number}\n`)
  }
}

await Promise.all([appendForever(0), appendForever(1)])
