import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import { isEvent } from '../../schemas/points.js'
import type { AggregatedWindows, WindowAggregation } from '../../schemas/ports/batch-view.js'
import { bucketMiddle } from '../../schemas/sketch/bucket.js'
import { type ReadableFile, startsInSql, tierFilesSql } from '../duck/tier-files-sql.js'
import { chunksOf, doubleListsOf, doublesOf, integerListsOf, integersOf, type ListColumn } from '../duck/vectors.js'
import { nameGroups } from './groups-table.js'
import { StepFold } from './step-fold.js'

/** Scale of a window without a sketch: all of its values are equal. */
const NO_SKETCH = -128

/**
 * Quantiles of windows that are a step each, aggregated over series. The buckets are looked at where DuckDB decoded them;
 * the results are those of `sketchQuantile`.
 * @returns undefined as the port says
 */
export async function aggregateWindowQuantiles(
  connection: DuckDBConnection,
  files: readonly ReadableFile[],
  aggregation: WindowAggregation,
): Promise<AggregatedWindows | undefined> {
  const { startMs, stepMs, steps, groups, op, quantile = 0, series } = aggregation
  await nameGroups(connection, aggregation)
  const range = { startMs, endMs: startMs + steps * stepMs }
  const sql = `
    SELECT g, ((epoch_ms("start") - ${startMs}) // ${stepMs})::INTEGER, stale, count, min, max, coalesce(sketch.scale, ${NO_SKETCH}),
      coalesce(sketch.zero_count, 0), sketch.pos_index, sketch.pos, sketch.neg_index, sketch.neg
    FROM ${tierFilesSql(files)} JOIN groups ON series_id = id WHERE ${startsInSql(range)}`
  const results = new StepFold(op, groups * steps)
  let windows = 0
  // Occurrences are never told apart from their windows.
  const areEvents = series.some(({ kind }) => isEvent(kind))
  let isApproximate = false
  for await (const chunk of chunksOf(connection, sql)) {
    const rows = chunk.rowCount
    const [group, step, stale] = [integersOf(chunk, 0, rows), integersOf(chunk, 1, rows), integersOf(chunk, 2, rows)]
    const count = doublesOf(chunk, 3, rows)
    const quantileOf = quantileReader(chunk, rows, quantile)
    for (let row = 0; row < rows; row++) {
      if (stale[row] !== 0) return undefined
      if (!(count[row] > 0)) continue
      isApproximate ||= areEvents || count[row] !== 1
      results.add(group[row] * steps + step[row], quantileOf(row))
    }
    windows += rows
  }
  return { ...results.finish(), isApproximate, windows }
}

/** The quantile of a row's window. */
function quantileReader(chunk: DuckDBDataChunk, rows: number, q: number): (row: number) => number {
  const [min, max, zeroCount] = [doublesOf(chunk, 4, rows), doublesOf(chunk, 5, rows), doublesOf(chunk, 7, rows)]
  const scale = integersOf(chunk, 6, rows)
  const positive = { index: integerListsOf(chunk, 8), count: doubleListsOf(chunk, 9) }
  const negative = { index: integerListsOf(chunk, 10), count: doubleListsOf(chunk, 11) }
  return (row) => {
    if (scale[row] === NO_SKETCH) return min[row]
    const total = zeroCount[row] + totalOf(positive.count, row) + totalOf(negative.count, row)
    const rank = Math.max(0, q * (total - 1))
    const valueAt = (index: number) => {
      const value = ranked(((index + 0.5) / total) * total, row)
      return Math.min(Math.max(value, min[row]), max[row])
    }
    const below = Math.floor(rank)
    const lower = valueAt(below)
    return rank === below ? lower : lower + (valueAt(below + 1) - lower) * (rank - below)
  }

  /** The middle of the bucket in which the weight of all values up to it reaches so much. */
  function ranked(weight: number, row: number): number {
    let left = weight
    let value = 0
    const below = negative.index.offset(row)
    const belowCounts = negative.count.offset(row)
    for (let i = negative.index.length(row) - 1; i >= 0; i--) {
      left -= negative.count.items[belowCounts + i]
      value = -bucketMiddle(negative.index.items[below + i], scale[row])
      if (left <= 0) return value
    }
    if (zeroCount[row] > 0) {
      value = 0
      left -= zeroCount[row]
    }
    const above = positive.index.offset(row)
    const aboveCounts = positive.count.offset(row)
    const buckets = positive.index.length(row)
    let i = 0
    while (i < buckets && left > 0) left -= positive.count.items[aboveCounts + i++]
    if (i > 0) value = bucketMiddle(positive.index.items[above + i - 1], scale[row])
    return value
  }
}

function totalOf(counts: ListColumn<Float64Array>, row: number): number {
  const from = counts.offset(row)
  const to = from + counts.length(row)
  let total = 0
  for (let i = from; i < to; i++) total += counts.items[i]
  return total
}
