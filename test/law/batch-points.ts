import { alignDown, type Tier, type TimeRange } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { type BatchStage, type SentPoint, STAGE_START } from './batch-stage.js'
import { foldInOrder, LAW_SERIES, mergeInOrder } from './points.js'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
/** The block in which a stage starts. */
export const BLOCK = alignDown(STAGE_START, 10 * MINUTE)
export const NOON: TimeRange = { startMs: BLOCK, endMs: BLOCK + 10 * MINUTE }
/** Lateness and slack, and a bit. */
export const GRACE = 31_000

/** A point of one of the law's series. */
export function at(series: number, timeMs: number, value: number): SentPoint {
  return { series: LAW_SERIES[series], timeMs, value }
}

/** What TypeScript says the windows of these points are. */
export function expected(points: readonly SentPoint[], tier: '10s' | '1m' | '5m' | '1h' = '10s'): WindowColumns {
  const law = points.map((point) => ({
    series: LAW_SERIES.indexOf(point.series),
    timeMs: point.timeMs,
    value: point.value,
    stale: point.stale ?? false,
    weight: point.weight ?? 1,
  }))
  const lengths = { '10s': [], '1m': [MINUTE], '5m': [MINUTE, 5 * MINUTE], '1h': [MINUTE, 5 * MINUTE, HOUR] }[tier]
  return lengths.reduce((windows, length) => mergeInOrder(windows, length), foldInOrder(law, 0, 10_000))
}

/** Every window of a tier that the batch view has in a range. */
export async function read(stage: BatchStage, tier: Tier, range: TimeRange, epoch?: number): Promise<WindowColumns> {
  const snapshot = await stage.view.snapshot(epoch)
  const all = new WindowColumns()
  for await (const windows of stage.view.read(snapshot, { ...range, tier }, [])) {
    for (let row = 0; row < windows.length; row++) all.pushRow(windows, row)
  }
  return all
}

/** Points of every kind of series after a time and up to another, four of them every 2.5 s. */
export function mixedPoints(fromMs: number, toMs: number): SentPoint[] {
  const points: SentPoint[] = []
  for (let timeMs = fromMs + 2500; timeMs <= toMs; timeMs += 2500) {
    const n = (timeMs - BLOCK) / 2500 - 1
    points.push(
      at(0, timeMs, (n * 7) % 40),
      at(1, timeMs - 10, Math.sin(n) * 100),
      at(2, timeMs - 20, 1 + (n % 3)),
      at(3, timeMs - 20, 1.5 ** (n % 20)),
    )
  }
  return points
}
