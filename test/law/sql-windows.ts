import type { DuckDBConnection } from '@duckdb/node-api'
import type { AggregateSql } from '../../schemas/aggregates/aggregate.js'
import { AGGREGATES } from '../../schemas/aggregates/index.js'
import type { Series } from '../../schemas/series/series.js'
import { MAX_SCHEMA } from '../../schemas/sketch/bucket.js'
import { bucketIndexSql } from '../../schemas/sketch/bucket-sql.js'
import { MAX_BUCKETS, MIN_SCHEMA } from '../../schemas/sketch/sketch.js'
import { TIER_MS, type Tier } from '../../schemas/time.js'
import { FIRST_STALE, LAST_STALE, NON_FINITE, WINDOW_COLUMNS, WindowColumns } from '../../schemas/windows/columns.js'

/**
 * Windows by plain SQL, as a second opinion on what the product computes in TypeScript: each aggregate's own
 * expressions under a GROUP BY. Tables: `points`, `"windows_<tier>"(series_id, event, w, …)` with w the window's place
 * after the start, and `rolled`, the readings of all series together.
 */

/** Folds the table `raw` (columns of raw_points) at 10 s, merges that to 1 m and 5 m, and across series at 10 s. */
export async function foldInSql(connection: DuckDBConnection, startMs: number): Promise<void> {
  await connection.run(`
    CREATE TEMP TABLE points AS
    WITH ranked AS (
      SELECT series_id, kind IN (1, 2) AS event, epoch_ms(ts) AS ts, value, kind = 3 AS stale, coalesce(weight, 1) AS weight,
             CASE WHEN kind = 3 THEN 0 WHEN isnan(value) THEN 1 ELSE 2 END AS rank FROM raw),
    kept AS (
      SELECT * FROM ranked
      QUALIFY event OR row_number() OVER (PARTITION BY series_id, ts ORDER BY rank DESC, value DESC) = 1)
    SELECT * EXCLUDE (weight), (ts - 1 - ${startMs}) // ${TIER_MS['10s']} AS w,
           CASE WHEN isfinite(value) THEN value END AS finite, CASE WHEN isfinite(value) THEN weight ELSE 0 END AS weight,
           row_number() OVER (PARTITION BY series_id ORDER BY ts, rank, value) AS ord
    FROM kept;
    CREATE TEMP TABLE windows_10s AS
    SELECT series_id, event, w, ${expressions('fold')}
    FROM (SELECT *, lag(finite) OVER (PARTITION BY series_id, w ORDER BY ord) AS prev FROM points)
    GROUP BY series_id, event, w;
    ${mergeSql('1m', '10s')};
    ${mergeSql('5m', '1m')};
    CREATE TEMP TABLE rolled AS
    SELECT 0::BIGINT AS series_id, true AS event, w, ${expressions('across')} FROM (SELECT *, false AS event FROM windows_10s WHERE NOT event)
    GROUP BY w`)
}

function mergeSql(tier: Tier, child: Tier): string {
  return `CREATE TEMP TABLE windows_${tier} AS
    SELECT series_id, event, w, ${expressions('merge')}
    FROM (SELECT * REPLACE (w // ${TIER_MS[tier] / TIER_MS[child]} AS w),
                 lag("last") OVER (PARTITION BY series_id, w // ${TIER_MS[tier] / TIER_MS[child]} ORDER BY w) AS prev_last
          FROM windows_${child})
    GROUP BY series_id, event, w`
}

/** `expression AS column` for every aggregate; event series have no growth. */
function expressions(form: keyof AggregateSql): string {
  return AGGREGATES.flatMap(({ sql }) => Object.entries(sql[form]))
    .map(([column, sql]) =>
      column === 'increase'
        ? `CASE WHEN NOT any_value(event) THEN ${sql} ELSE 0 END AS increase`
        : `${sql} AS "${column}"`,
    )
    .join(', ')
}

/**
 * The windows of a table.
 * @param pointsOf SQL, which points a series' windows are of
 */
export async function readSqlWindows(
  connection: DuckDBConnection,
  table: string,
  tier: Tier,
  startMs: number,
  seriesOf: (id: bigint) => Series,
): Promise<WindowColumns> {
  const windows = new WindowColumns()
  const rows = new Map<string, number>()
  const flags = `${LAST_STALE} * last_stale::INTEGER + ${FIRST_STALE} * first_stale::INTEGER + ${NON_FINITE} * non_finite::INTEGER`
  const answer = await connection.runAndReadAll(
    `SELECT series_id, w, ${flags}, count, sum, min, max, "first", first_ts, "last", last_ts, increase FROM ${table}`,
  )
  for (const [id, w, stale, ...numbers] of answer.getRows()) {
    const row = windows.push(seriesOf(id as bigint), startMs + Number(w) * TIER_MS[tier])
    for (const [c, name] of WINDOW_COLUMNS.entries()) windows[name][row] = Number(numbers[c] ?? Number.NaN)
    windows.stale[row] = Number(stale)
    rows.set(`${id} ${w}`, row)
  }
  const isRolled = table === 'rolled'
  for (const [id, w, level, bucket, n] of (await connection.runAndReadAll(bucketsSql(tier, isRolled))).getRows()) {
    const row = rows.get(`${id} ${w}`)!
    // Values that are all equal are their own sketch.
    if (windows.min[row] === windows.max[row]) continue
    windows.sketch[row] ??= windows.newSketch()
    const sketch = windows.sketch[row]
    sketch.schema = MAX_SCHEMA - Number(level)
    if (bucket === null) sketch.zeroCount += Number(n)
    else {
      const { side, i } = (bucket as unknown as { entries: { side: number; i: number } }).entries
      ;(side > 0 ? sketch.positive : sketch.negative).add(i, Number(n))
    }
  }
  return windows
}

/**
 * The buckets of a tier's windows as long rows, straight from the points. The schema is the finest at which both sides'
 * buckets span at most 512, as `Sketch` has it. @param isRolled the readings of all series are one
 */
function bucketsSql(tier: Tier, isRolled: boolean): string {
  const levels = MAX_SCHEMA - MIN_SCHEMA
  const span = (side: number) =>
    `coalesce((max(i) FILTER (side = ${side}) >> l) - (min(i) FILTER (side = ${side}) >> l) + 1, 0)`
  return `
    WITH placed AS (
      SELECT ${isRolled ? '0::BIGINT' : 'series_id'} AS series_id, w // ${TIER_MS[tier] / TIER_MS['10s']} AS w, sign(finite)::INTEGER AS side,
             CASE WHEN finite <> 0 THEN ${bucketIndexSql('abs(finite)')} END AS i, weight
      FROM points WHERE finite IS NOT NULL ${isRolled ? 'AND NOT event' : ''}),
    spans AS (
      SELECT series_id, w, l, ${span(1)} + ${span(-1)} AS buckets FROM placed, (SELECT range AS l FROM range(${levels + 1}))
      GROUP BY series_id, w, l),
    levels AS (SELECT series_id, w, coalesce(min(l) FILTER (buckets <= ${MAX_BUCKETS}), ${levels}) AS level FROM spans GROUP BY ALL)
    SELECT series_id, w, level, CASE WHEN side <> 0 THEN {'side': side, 'i': (i >> level)::INTEGER} END AS bucket, sum(weight)
    FROM placed JOIN levels USING (series_id, w) GROUP BY ALL`
}
