import { BIGINT, type DuckDBConnection } from '@duckdb/node-api'
import type { Rollup } from '../../schemas/config/schema.js'
import { derivedSeries } from '../../schemas/series/rollup.js'
import type { Series } from '../../schemas/series/series.js'
import { appendColumns } from '../duck/append.js'
import { ROLLUP_SQL } from './merge-sql.js'

/**
 * Adds the windows of derived series to the 10 s windows in `windows_10s` and `buckets_10s`, and drops those of
 * sources that keep none.
 * @param sources the series of the block by tag
 * @returns the derived series
 */
export async function applyRollups(
  connection: DuckDBConnection,
  rollups: readonly Rollup[],
  sources: ReadonlyMap<number, Series>,
): Promise<Series[]> {
  const derived = new Map<bigint, { series: Series; tag: number }>()
  const pairs: { tag: number; derivedTag: number }[] = []
  const dropped = new Set<number>()
  for (const rollup of rollups) {
    for (const [tag, source] of sources) {
      if (source.metric !== rollup.match) continue
      const series = derivedSeries(rollup, source)
      const known = derived.get(series.id) ?? { series, tag: 2 * (sources.size + derived.size) + 1 }
      derived.set(series.id, known)
      pairs.push({ tag, derivedTag: known.tag })
      if (!rollup.keep_source) dropped.add(tag)
    }
  }
  if (pairs.length === 0) return []
  await connection.run(
    'CREATE TEMP TABLE rollups (tag BIGINT, derived_tag BIGINT); CREATE TEMP TABLE dropped (tag BIGINT); CREATE TEMP TABLE derived (series_id BIGINT, tag BIGINT)',
  )
  await appendColumns(connection, 'rollups', pairs.length, [
    { type: BIGINT, value: (row) => BigInt(pairs[row].tag) },
    { type: BIGINT, value: (row) => BigInt(pairs[row].derivedTag) },
  ])
  const gone = [...dropped]
  await appendColumns(connection, 'dropped', gone.length, [{ type: BIGINT, value: (row) => BigInt(gone[row]) }])
  const made = [...derived.values()]
  await appendColumns(connection, 'derived', made.length, [
    { type: BIGINT, value: (row) => made[row].series.id },
    { type: BIGINT, value: (row) => BigInt(made[row].tag) },
  ])
  await connection.run(`INSERT INTO series BY NAME SELECT series_id, tag FROM derived; ${ROLLUP_SQL}`)
  return made.map(({ series }) => series)
}
