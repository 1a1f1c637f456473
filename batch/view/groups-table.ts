import { BIGINT, type DuckDBConnection, INTEGER } from '@duckdb/node-api'
import type { WindowAggregation } from '../../schemas/ports/batch-view.js'
import { appendColumns } from '../duck/append.js'

/** Makes the temporary table `groups`: the series of an aggregation (`id`), each with its group (`g`). */
export async function nameGroups(connection: DuckDBConnection, { series, group }: WindowAggregation): Promise<void> {
  await connection.run('CREATE TEMP TABLE groups (id BIGINT, g INTEGER)')
  await appendColumns(connection, 'groups', series.length, [
    { type: BIGINT, value: (row) => series[row].id },
    { type: INTEGER, value: (row) => group[row] },
  ])
}
