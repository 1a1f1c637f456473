import { Kind } from '../../schemas/points.js'
import type { BatchView, Snapshot } from '../../schemas/ports/batch-view.js'
import type { Series } from '../../schemas/series/series.js'
import { TIER_MS, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { bareValue } from '../../schemas/windows/bare-value.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { Readings } from './train.js'

/** The tier that is trained on. */
export const TRAINED_TIER = '5m'
const LENGTH_MS = TIER_MS[TRAINED_TIER]

/**
 * What the batch view has of some series, by their ids, in the order of time; each reading at the start of the 10 s
 * window that it stands for, as the detectors see them.
 */
export async function readHistory(
  view: BatchView,
  snapshot: Snapshot,
  range: TimeRange,
  series: readonly Series[],
): Promise<Map<bigint, Readings>> {
  const found = new Map<bigint, [timeMs: number, value: number][]>()
  const part = { ...range, tier: TRAINED_TIER, series, columns: COLUMNS } as const
  for await (const windows of view.read(snapshot, part, [])) {
    for (let row = 0; row < windows.length; row++) {
      const value = bareValue(windows, row, LENGTH_MS)
      if (Number.isNaN(value)) continue
      const { id } = windows.series[row]
      const readings = found.get(id)
      if (readings) readings.push([timeOf(windows, row), value])
      else found.set(id, [[timeOf(windows, row), value]])
    }
  }
  return new Map([...found].map(([id, readings]) => [id, inOrder(readings)]))
}

/** What {@link bareValue} looks at. */
const COLUMNS = { sample: ['last'], event: ['count', 'sum'], sketches: false } as const

/** The last reading of a window stands for its end, what its occurrences have in common for its middle. */
function timeOf({ start, series }: WindowColumns, row: number): number {
  const last = start[row] + LENGTH_MS - WINDOW_MS
  return series[row].kind === Kind.Sample ? last : (start[row] + last) / 2
}

function inOrder(readings: [timeMs: number, value: number][]): Readings {
  readings.sort(([a], [b]) => a - b)
  return { timesMs: readings.map(([timeMs]) => timeMs), values: readings.map(([, value]) => value) }
}
