import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import type { NumberedSeries } from './kept-metric.js'
import type { KeptRows } from './kept-rows.js'

/** The flag of one row. */
const FRESH = Uint8Array.of(0)
const STALE = Uint8Array.of(1)

/**
 * The newest row of each series.
 * @param windows in order of time
 * @param order of the series in the answer, by number
 */
export function gatherNewest(
  windows: readonly KeptRows[],
  series: readonly NumberedSeries[],
  order: Uint32Array,
): WindowedSeries[] {
  const timeMs = new Float64Array(series.length)
  const value = new Float64Array(series.length)
  const stale = new Uint8Array(series.length)
  const isFound = new Uint8Array(series.length)
  let missing = series.length
  for (let w = windows.length - 1; w >= 0 && missing > 0; w--) {
    const rows = windows[w]
    for (let row = rows.length - 1; row >= 0; row--) {
      const number = rows.number[row]
      if (isFound[number] === 1) continue
      isFound[number] = 1
      missing--
      timeMs[number] = rows.timeMs[row]
      value[number] = rows.value[row]
      stale[number] = rows.stale[row]
    }
  }
  const found: WindowedSeries[] = []
  for (const number of order) {
    if (isFound[number] === 0) continue
    const { labels } = series[number]
    found.push({
      labels,
      timeMs: new Float64Array(timeMs.buffer, number * Float64Array.BYTES_PER_ELEMENT, 1),
      value: new Float64Array(value.buffer, number * Float64Array.BYTES_PER_ELEMENT, 1),
      stale: stale[number] === 1 ? STALE : FRESH,
    })
  }
  return found
}
