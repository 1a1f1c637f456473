import { partitionOf } from '../../ingest/routing/partition.js'
import { TidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import type { SimClient, SimPoint } from './client.js'
import type { Pipeline } from './pipeline.js'
import type { World } from './world.js'

/**
 * Sends the next request through the gateway, as an agent does, and notes what the log has of it. An answer may be
 * lost: a client that does not know sends its readings again, but its occurrences only where nothing was stored.
 */
export async function sendRequest(
  world: World,
  process: Pipeline,
  client: SimClient,
  everything = false,
): Promise<void> {
  const points = client.nextRequest(world.nowMs, everything)
  if (points.length === 0) return
  const isTaken = await send(world, process, points)
  const readings = points.filter(({ series }) => series.kind === Kind.Sample)
  if (isTaken === 'no') client.keep(points, world.nowMs)
  else if (isTaken === 'unknown' || (!everything && world.random.chance(0.12))) client.keep(readings, world.nowMs)
}

/** `unknown`: the log has it, but nobody was told. */
async function send(world: World, process: Pipeline, points: readonly SimPoint[]): Promise<'yes' | 'no' | 'unknown'> {
  const futureMs = world.nowMs + world.config.limits.futureMs
  const taken = points.filter(({ timeMs }) => timeMs <= futureMs)
  const before = await world.mirror.caughtUp()
  const receivedMs = world.nowMs
  let answer: 'yes' | 'no' | 'unknown' = 'yes'
  try {
    const result = await commit(process, points)
    if (result.accepted !== taken.length)
      throw new Error(`${result.accepted} of ${points.length} points were taken instead of ${taken.length}`)
  } catch (thrown) {
    if (!process.gate.isDead && !(thrown instanceof TidemarkError && thrown.retriable)) throw thrown
    answer = 'no'
  }
  const after = await world.mirror.caughtUp()
  const isStored = after.some((end, partition) => end > before[partition])
  if (isStored) {
    for (const point of taken) {
      const partition = partitionOf(point.series.metric, world.partitions)
      world.stored.push({ ...point, partition, offset: before[partition], receivedMs })
    }
  }
  world.note(
    `sent ${points.length} points: ${answer === 'yes' ? 'acknowledged' : isStored ? 'stored, but the answer was lost' : 'not taken'}`,
  )
  return answer === 'no' && isStored ? 'unknown' : answer
}

async function commit(process: Pipeline, points: readonly SimPoint[]) {
  const request = process.gateway.open()
  for (const { series, timeMs, value, stale, weight } of points) {
    const handle = request.series(series.metric, Object.entries(series.labels), series.kind)
    if (stale) request.addStale(handle, timeMs)
    else request.add(handle, timeMs, value, weight)
    request.position++
  }
  return request.commit()
}

/** Puts a record into the log that nobody can read: one with a flipped bit, or one that is no record at all. */
export async function damageRecord(world: World, partition: number): Promise<void> {
  const [end] = (await world.mirror.caughtUp()).slice(partition)
  const sound = world.mirror.entries(partition).at(-1)?.value
  const value = Uint8Array.from(sound && world.random.chance(0.7) ? sound : [1, 2, 3])
  value[world.random.whole(0, value.length - 1)] ^= 1 << world.random.whole(0, 7)
  world.damaged.add(`${partition}/${end}`)
  world.note(`damaged record at ${partition}/${end}`)
  await world.log.append('tidemark.points', [{ partition, value }])
}
