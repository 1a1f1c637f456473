import { TIER_MS, TIERS, type Tier, type TimeRange } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { askPart, compareAnswer, compareWindows, PARTS } from './answers.js'
import { checkArchive } from './check-archive.js'
import { checkAudits } from './check-audit.js'
import { expectedWindows, windowOf } from './expected.js'
import type { Pipeline } from './pipeline.js'
import { ROLLUPS, type World } from './world.js'

const DAY_MS = 86_400_000
const METRICS = ['cpu', 'cpu:by_region', 'memory', 'requests_total', 'hits', 'latency', 'latency:by_region']

/** Everything that must hold once all is archived, sealed and clean. @throws what does not */
export async function checkEnd(world: World, process: Pipeline): Promise<void> {
  await checkArchive(world)
  const endMs = (await process.view.snapshot()).frontierMs
  const oldestMs = world.stored.reduce((oldest, { timeMs }) => Math.min(oldest, timeMs), endMs)
  const startMs = windowOf(oldestMs, DAY_MS)
  const range = { startMs, endMs }
  for (const tier of TIERS) await checkTier(world, process, tier, range)
  await checkMerged(world, process, range)
  await checkAudits(world, process)
  await checkSwept(world, process)
  for (const tier of TIERS) await checkTier(world, process, tier, range)
  await checkDeadLetters(world)
}

/** Every window of a tier is what the points say, as far as its spans are sealed. */
async function checkTier(world: World, process: Pipeline, tier: Tier, range: TimeRange): Promise<void> {
  const snapshot = await process.view.snapshot()
  const windows = new WindowColumns()
  for await (const chunk of process.view.read(snapshot, { tier, ...range }, [])) {
    for (let row = 0; row < chunk.length; row++) windows.pushRow(chunk, row)
  }
  const spanMs = leastCommonMultiple(TIER_MS[tier], world.settings.blockMs)
  const sealed = world.stored.filter(({ timeMs }) => windowOf(timeMs, spanMs) + spanMs <= snapshot.frontierMs)
  const wrong = compareWindows([windows], expectedWindows(sealed, TIER_MS[tier], ROLLUPS))
  if (wrong.length > 0) throw new Error(`${wrong.length} windows of ${tier} are wrong: ${wrong.slice(0, 8).join('; ')}`)
}

/** Every window asked as a user asks: of each metric two parts, which the seed picks. */
async function checkMerged(world: World, process: Pipeline, range: TimeRange): Promise<void> {
  const expected = expectedWindows(world.stored, TIER_MS['10s'], ROLLUPS)
  const query = await process.merged.open()
  for (const metric of METRICS) {
    for (const part of world.random.shuffled(PARTS).slice(0, 2)) {
      const wrong = compareAnswer(await askPart(query, metric, part, range), expected, part, (key) =>
        key.startsWith(`${metric}{`),
      )
      if (wrong.length > 0)
        throw new Error(`${metric}:${part} is wrong in ${wrong.length} windows: ${wrong.slice(0, 8).join('; ')}`)
    }
  }
  if (query.partialReasons.size > 0) throw new Error(`answers are partial: ${[...query.partialReasons].join('; ')}`)
}

/** A day after all is compacted nothing is left that the catalog does not name, and nothing that it names is gone. */
async function checkSwept(world: World, process: Pipeline): Promise<void> {
  for (let compacted = true; compacted; ) {
    world.nowMs += DAY_MS + 2 * 3_600_000
    compacted = (await process.work.sweep()).filesCompacted > 0
  }
  const named = new Set<string>()
  for (const table of ['raw_files', 'tier_files'] as const) {
    for (const { key } of await world.stage.db.selectFrom(table).select('key').execute()) named.add(key)
  }
  const retired = await world.stage.db
    .selectFrom('tier_files')
    .select('key')
    .where('retired_ms', 'is not', null)
    .execute()
  if (retired.length > 0) throw new Error(`old generations are left: ${retired.map(({ key }) => key).join(', ')}`)
  for await (const { key } of world.objects.list('')) {
    if (!named.delete(key)) throw new Error(`object ${key} is left, and the catalog does not name it`)
  }
  if (named.size > 0) throw new Error(`the catalog names objects that are gone: ${[...named].join(', ')}`)
}

/** Every damaged record is among the dead letters. */
async function checkDeadLetters(world: World): Promise<void> {
  const letters = await world.deadLetters()
  for (const place of world.damaged)
    if (!letters.has(place)) throw new Error(`the damaged record at ${place} is not among the dead letters`)
  for (const place of letters)
    if (!world.damaged.has(place)) throw new Error(`the record at ${place} is among the dead letters, but it is sound`)
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y > 0) [x, y] = [y, x % y]
  return (a / x) * b
}
