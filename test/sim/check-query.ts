import type { TimeRange } from '../../schemas/time.js'
import type { MergedQuery } from '../../serving/merged-query.js'
import { type AskedPart, askPart, compareAnswer, PARTS } from './answers.js'
import { checkOnTime } from './check-on-time.js'
import { expectedWindows } from './expected.js'
import type { Pipeline } from './pipeline.js'
import { ROLLUPS, type World } from './world.js'

const MINUTE_MS = 60_000
const WINDOW_MS = 10_000
const KEPT_ANSWERS = 20
/** What a user asks for: plain metrics and what rollups make of them. */
const METRICS: readonly (readonly [metric: string, source: string])[] = [
  ['cpu', 'cpu'],
  ['cpu:by_region', 'cpu'],
  ['memory', 'memory'],
  ['requests_total', 'requests_total'],
  ['hits', 'hits'],
  ['latency:by_region', 'latency'],
]

/** An answer from the sealed past, and the epoch at which it must be given again. */
export interface KeptAnswer {
  epoch: number
  metric: string
  part: AskedPart
  range: TimeRange
  text: string
}

/**
 * One query while everything is going on: its plan reads no window twice, what is sealed and clean is what the archived
 * points say, what came on time is there, and an older epoch still says what it said.
 */
export async function checkQuery(world: World, process: Pipeline, kept: KeptAnswer[]): Promise<void> {
  const { random } = world
  if (kept.length > 0 && random.chance(0.3)) return repeatQuery(world, process, random.pick(kept))
  const [metric, source] = random.pick(METRICS)
  const part = random.pick(PARTS)
  const endMs = Math.ceil(world.nowMs / WINDOW_MS) * WINDOW_MS
  const range = { startMs: endMs - random.whole(1, 10) * MINUTE_MS, endMs }
  const query = await process.merged.open()
  const answer = await askPart(query, metric, part, range)
  checkPlan(query, range)
  if (query.partialReasons.size > 0) return
  await checkOnTime(world, process, range)
  const isSettled = await settledWindows(world, query)
  const points = (await archivedPoints(world)).filter(
    (point) => point.series.metric === source && point.timeMs > range.startMs && point.timeMs <= range.endMs,
  )
  const expected = expectedWindows(points, WINDOW_MS, ROLLUPS)
  const concerns = (key: string) =>
    key.startsWith(`${metric}{`) && isSettled(Number(key.slice(key.lastIndexOf('@') + 1)))
  const wrong = compareAnswer(answer, expected, part, concerns)
  if (wrong.length > 0) throw new Error(`epoch ${query.snapshot.epoch}: ${wrong.slice(0, 5).join('; ')}`)
  const { epoch, frontierMs } = query.snapshot
  if (range.startMs < frontierMs && kept.length < KEPT_ANSWERS) {
    const sealed = { startMs: range.startMs, endMs: Math.min(range.endMs, frontierMs) }
    const again = await process.merged.open({ epoch })
    const text = textOf(await askPart(again, metric, part, sealed))
    if (again.partialReasons.size === 0) kept.push({ epoch, metric, part, range: sealed, text })
  }
}

async function repeatQuery(
  world: World,
  process: Pipeline,
  { epoch, metric, part, range, text }: KeptAnswer,
): Promise<void> {
  const query = await process.merged.open({ epoch })
  const answer = textOf(await askPart(query, metric, part, range))
  if (query.partialReasons.size > 0) return
  world.note(`asked again for ${metric}:${part} at epoch ${epoch}`)
  if (answer !== text) throw new Error(`epoch ${epoch} said of ${metric}:${part} ${text}, now it says ${answer}`)
}

function textOf(answer: ReadonlyMap<string, { value: number; stale: boolean }>): string {
  const lines = [...answer].map(([key, { value, stale }]) => `${key}=${stale ? 'stale' : value}`)
  return lines.sort().join('\n')
}

/** The parts of a plan follow each other without a gap or an overlap, batch before the tide line and speed behind it. */
function checkPlan(query: MergedQuery, range: TimeRange): void {
  const { frontierMs, epoch } = query.snapshot
  if (query.partialReasons.size === 0 && !(epoch > 0 && frontierMs > 0))
    throw new Error('an answer does not name its epoch and tide line')
  for (const { parts } of query.plans) {
    for (const [i, part] of parts.entries()) {
      if (i > 0 && part.startMs !== parts[i - 1].endMs) throw new Error('a plan has a gap or an overlap')
      if (part.view === 'batch' ? part.endMs > frontierMs : part.startMs < frontierMs)
        throw new Error(`a plan reads ${part.view} beyond the tide line`)
    }
    if (parts[0].startMs > range.startMs || (parts.at(-1)?.endMs ?? 0) < range.endMs)
      throw new Error('a plan does not cover its range')
  }
}

/** Points that the archive has registered. */
async function archivedPoints(world: World) {
  const rows = await world.stage.db.selectFrom('archive_progress').select(['partition', 'next_offset']).execute()
  const next = new Map(rows.map((row) => [row.partition, row.next_offset]))
  return world.stored.filter(({ partition, offset }) => offset < (next.get(partition) ?? 0))
}

/** True for windows of sealed blocks that got no point since. */
async function settledWindows(world: World, { snapshot }: MergedQuery): Promise<(startMs: number) => boolean> {
  const rows = await world.stage.db
    .selectFrom('blocks')
    .select('start_ms')
    .whereRef('raw_version', '>', 'computed_version')
    .execute()
  const dirty = new Set(rows.map((row) => row.start_ms))
  const { blockMs } = world.settings
  return (startMs) => startMs < snapshot.frontierMs && !dirty.has(Math.floor(startMs / blockMs) * blockMs)
}
