import type { DuckDBConnection } from '@duckdb/node-api'
import { isEvent } from '../../schemas/points.js'
import type { AggregatedWindows, WindowAggregation, WindowValue } from '../../schemas/ports/batch-view.js'
import { TIER_MS } from '../../schemas/time.js'
import { LAST_STALE } from '../../schemas/windows/columns.js'
import { type ReadableFile, startsInSql, tierFilesSql } from '../duck/tier-files-sql.js'
import { doublesOf, integersOf } from '../duck/vectors.js'
import { nameGroups } from './groups-table.js'
import { growthSql } from './growth-sql.js'

/** Aggregations over series, of a column `v` that has a value in every row. */
const OP_SQL: Readonly<Record<NonNullable<WindowAggregation['op']>, string>> = {
  sum: 'fsum(v)',
  count: 'count(v)',
  min: 'min(v)',
  max: 'max(v)',
  avg: 'fsum(v) / count(v)',
  group: '1',
}

/** Values of a step that is one window, and of one that is a run of them. */
const ONE_SQL = { sum: 'sum', count: 'count', avg: 'sum / count', min: 'min', max: 'max' } as const
const RUN_SQL = {
  sum: 'fsum(sum)',
  count: 'sum(count)',
  avg: 'fsum(sum) / sum(count)',
  min: 'min(min)',
  max: 'max(max)',
} as const

/** What SQL gives as a number. Sketches are merged in place: see aggregate-sketches.ts. */
type ScalarValue = Exclude<WindowValue, 'quantile' | 'distribution'>

/** An aggregation whose results are numbers. */
export type ScalarAggregation = WindowAggregation & { value: ScalarValue }

/** Computes an aggregation in one statement: only its results come out. Undefined as the port says. */
export async function aggregateWindows(
  connection: DuckDBConnection,
  files: readonly ReadableFile[],
  aggregation: ScalarAggregation,
): Promise<AggregatedWindows | undefined> {
  const { groups, steps, op } = aggregation
  await nameGroups(connection, aggregation)
  const values = valuesSql(files, aggregation)
  const result = await connection.stream(
    op
      ? `SELECT g, step, (${OP_SQL[op]})::DOUBLE, sum(windows)::DOUBLE, coalesce(bool_or(unfit), false)::INTEGER
         FROM (${values}) GROUP BY g, step`
      : `SELECT g, step, v::DOUBLE, windows::DOUBLE, coalesce(unfit, false)::INTEGER FROM (${values})`,
  )
  const value = new Float64Array(groups * steps)
  const present = new Uint8Array(groups * steps)
  let windows = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return { value, present, windows }
    const rows = chunk.rowCount
    const [at, step, unfit] = [integersOf(chunk, 0, rows), integersOf(chunk, 1, rows), integersOf(chunk, 4, rows)]
    const [found, read] = [doublesOf(chunk, 2, rows), doublesOf(chunk, 3, rows)]
    for (let row = 0; row < rows; row++) {
      if (unfit[row] !== 0) return undefined
      const place = at[row] * steps + step[row]
      value[place] = found[row]
      present[place] = 1
      windows += read[row]
    }
  }
}

/** Rows (g, step, v, windows, unfit), one a series and step. */
function valuesSql(files: readonly ReadableFile[], aggregation: ScalarAggregation): string {
  const { tier, startMs, stepMs, steps, value, lookbackMs = 0, series } = aggregation
  const range = { startMs, endMs: startMs + steps * stepMs }
  const step = `((epoch_ms("start") - ${startMs}) // ${stepMs})::INTEGER AS step`
  const from = `FROM ${tierFilesSql(files)} JOIN groups ON series_id = id WHERE ${startsInSql(range)}`
  if (value === 'last') {
    const end = `epoch_ms("start") + ${stepMs}`
    return `SELECT g, ${step}, "last" AS v, 1 AS windows, NOT isfinite("last") AS unfit ${from}
      AND (stale & ${LAST_STALE}) = 0 AND epoch_ms(last_ts) > ${end} - ${lookbackMs}`
  }
  const isOneWindow = TIER_MS[tier] === stepMs
  if (value === 'increase' && !series.some(({ kind }) => isEvent(kind))) {
    return growthSql({ startMs, stepMs, isOneWindow }, step, from)
  }
  const column = value === 'increase' ? 'sum' : value
  if (isOneWindow) {
    return `SELECT g, ${step}, ${ONE_SQL[column]} AS v, 1 AS windows, stale <> 0 AS unfit ${from}`
  }
  return `SELECT any_value(g) AS g, step, ${RUN_SQL[column]} AS v, count(*) AS windows, bool_or(unfit) AS unfit
    FROM (SELECT series_id, g, ${step}, count, sum, min, max, stale <> 0 AS unfit ${from}) GROUP BY series_id, step`
}
