import type { SimClient } from './client.js'
import type { Pipeline } from './pipeline.js'
import { sendRequest } from './send.js'
import type { World } from './world.js'

/** Rounds after which a pipeline without faults must have come to rest. */
const ROUNDS = 80

/** Lets a pipeline without faults run until every point is archived, sealed and clean. @throws if it never is */
export async function settle(world: World, process: Pipeline, client: SimClient): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await sendRequest(world, process, client, true)
    await readAll(world, process)
    await process.speed.followClock()
    await process.archive.flush()
    await process.work.sealReady()
    for (const startMs of await process.work.dirtyReady()) await process.work.recomputeBlock(startMs)
    if (await isAtRest(world)) return
    world.nowMs += world.random.whole(10_000, 60_000)
  }
  throw new Error('the pipeline does not come to rest')
}

async function readAll(world: World, { reading }: Pipeline): Promise<void> {
  for (let partition = 0; partition < world.partitions; partition++) {
    for (const group of [reading.speed, reading.archive]) while ((await group.step(partition, 100)) > 0);
  }
}

async function isAtRest(world: World): Promise<boolean> {
  const { db } = world.stage
  const newestMs = world.stored.reduce((newest, { timeMs }) => Math.max(newest, timeMs), 0)
  const state = await db.selectFrom('batch_state').select('frontier_ms').executeTakeFirstOrThrow()
  if (state.frontier_ms <= newestMs) return false
  const dirty = await db
    .selectFrom('blocks')
    .select('start_ms')
    .whereRef('raw_version', '>', 'computed_version')
    .execute()
  return dirty.length === 0
}
