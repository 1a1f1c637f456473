import { CatalogLateLedger } from '../../batch/catalog/late-ledger.js'
import type { BlockAudit } from '../../batch/work.js'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { groupBy, windowOf } from './expected.js'
import type { Pipeline } from './pipeline.js'
import type { World } from './world.js'

const HOUR_MS = 3_600_000
const WINDOW_MS = 10_000

/** Audits a block. @throws if it finds a difference that nothing explains */
export async function auditStrictly(world: World, process: Pipeline, startMs: number): Promise<BlockAudit> {
  const audit = await process.work.auditBlock(startMs)
  if (audit.unexplained === 0) return audit
  const row = await world.stage.db
    .selectFrom('audits')
    .select('sample')
    .where('block_start', '=', startMs)
    .executeTakeFirstOrThrow()
  throw new Error(
    `block ${new Date(startMs).toISOString()} has ${audit.unexplained} unexplained differences: ${JSON.stringify(row.sample)}`,
  )
}

/** Batch and speed agree on every block, but for the late points, and those are counted to the point. */
export async function checkAudits(world: World, process: Pipeline): Promise<void> {
  const { frontierMs } = await process.view.snapshot()
  const { origin_ms: originMs } = await world.stage.db
    .selectFrom('batch_state')
    .select('origin_ms')
    .executeTakeFirstOrThrow()
  // An hour later every partition has fallen idle, and all windows are closed.
  world.nowMs += HOUR_MS
  await process.speed.followClock()
  world.nowMs += world.hot.visibleAfterMs
  await process.speed.followClock()
  for (let startMs = originMs; startMs < frontierMs; startMs += world.settings.blockMs) {
    const { audited } = await auditStrictly(world, process, startMs)
    if (!audited) throw new Error(`block ${new Date(startMs).toISOString()} cannot be audited`)
  }
  await checkLateCounts(world)
}

/** Of a counter that is not sampled, each point is either in its closed window or among the late points. */
async function checkLateCounts(world: World): Promise<void> {
  const counted = new Map<string, number>()
  const count = (key: string, points: number) => counted.set(key, (counted.get(key) ?? 0) + points)
  const counters = world.stored.filter(({ series }) => series.kind === Kind.EventCounter)
  const names = new Map(
    [...groupBy(counters, ({ series }) => series)].map(([{ metric, labels, kind }, own]) => [
      Series.of(metric, labels, kind).id,
      own,
    ]),
  )
  for await (const windows of world.hot.read({ startMs: 0, endMs: world.nowMs, matchers: [] })) {
    for (let row = 0; row < windows.length; row++) {
      if (names.has(windows.series[row].id))
        count(`${windows.series[row].id} ${windows.start[row]}`, windows.count[row])
    }
  }
  const ledger = new CatalogLateLedger(world.stage.db, world.settings.blockMs)
  const blocks = await world.stage.db.selectFrom('late_points').select('block_start').distinct().execute()
  for (const { block_start: blockStart } of blocks) {
    for (const { idLow, idHigh, startMs, points } of await ledger.forBlock(blockStart)) {
      const id = BigInt.asIntN(64, (BigInt(idHigh) << 32n) | BigInt(idLow))
      if (names.has(id)) count(`${id} ${startMs}`, points)
    }
  }
  for (const [id, points] of names) {
    for (const [start, own] of groupBy(points, ({ timeMs }) => windowOf(timeMs, WINDOW_MS))) {
      const found = counted.get(`${id} ${start}`) ?? 0
      if (found !== own.length)
        throw new Error(
          `${own[0].series.metric} has ${own.length} points at ${start}, closed windows and late points make ${found}`,
        )
    }
  }
}
