import { mergeAcross } from '../aggregates/index.js'
import type { Rollup } from '../config/schema.js'
import type { WindowReader } from '../ports/window-store.js'
import { rollupName } from '../series/rollup.js'
import { WindowColumns } from './columns.js'

/**
 * A window store read so that no (series, window) comes twice. Only windows of rollups can: where the source metric is
 * spread over several partitions, each derives its share of the window. They are merged, in any order.
 */
export function mergedRollups(reader: WindowReader, rollups: readonly Rollup[]): WindowReader {
  const derived = new Set(rollups.map(({ match, by }) => rollupName(match, by)))
  return {
    read: (selection) => (derived.size === 0 ? reader.read(selection) : mergeShares(reader.read(selection), derived)),
    series: (selection) => reader.series(selection),
  }
}

async function* mergeShares(
  read: ReturnType<WindowReader['read']>,
  derived: ReadonlySet<string>,
): AsyncIterable<WindowColumns> {
  const shares = new WindowColumns()
  const rows = new Map<string, number>()
  for await (const windows of read) {
    const rest = new WindowColumns(windows.length)
    for (let from = 0; from < windows.length; from++) {
      const series = windows.series[from]
      if (!derived.has(series.metric)) {
        rest.pushRow(windows, from)
        continue
      }
      const key = `${series.id}:${windows.start[from]}`
      const row = rows.get(key) ?? shares.push(series, windows.start[from])
      rows.set(key, row)
      mergeAcross(shares, row, windows, from)
    }
    if (rest.length > 0) yield rest
  }
  shares.settle()
  if (shares.length > 0) yield shares
}
