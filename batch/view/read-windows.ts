import { BIGINT, type DuckDBConnection, type DuckDBDataChunk, DuckDBListVector, INTEGER } from '@duckdb/node-api'
import type { Series } from '../../schemas/series/series.js'
import { type BucketRun, Sketch } from '../../schemas/sketch/sketch.js'
import type { TimeRange } from '../../schemas/time.js'
import { WINDOW_COLUMNS, WindowColumns } from '../../schemas/windows/columns.js'
import { appendColumns } from '../duck/append.js'
import { parquetSql } from '../duck/engine.js'

/** Ids up to this number go into the query as literals, so that DuckDB skips row groups by their statistics. */
const LITERAL_IDS = 500

/** Places of the columns in the query's answer. */
const AT = {
  place: 0,
  start: 1,
  columns: 2,
  stale: 11,
  scale: 12,
  zeroCount: 13,
  posIndex: 14,
  pos: 15,
  negIndex: 16,
  neg: 17,
} as const

/** Streams the windows of some series that start in a range from a tier's files. */
export async function* readWindows(
  connection: DuckDBConnection,
  paths: readonly string[],
  series: readonly Series[],
  range: TimeRange,
): AsyncIterable<WindowColumns> {
  await connection.run('CREATE TEMP TABLE selected (place INTEGER, series_id BIGINT)')
  await appendColumns(connection, 'selected', series.length, [
    { type: INTEGER, value: (row) => row },
    { type: BIGINT, value: (row) => series[row].id },
  ])
  const literals = series.length <= LITERAL_IDS ? `AND f.series_id IN (${series.map(({ id }) => id).join(', ')})` : ''
  const time = (ms: number) => `make_timestamp(${Math.round(ms * 1000)}::BIGINT)::TIMESTAMPTZ`
  const result = await connection.stream(`
    SELECT place, epoch_ms("start")::DOUBLE, count, sum, coalesce(min, 'nan'::DOUBLE), coalesce(max, 'nan'::DOUBLE), "first", epoch_ms(first_ts)::DOUBLE,
           "last", epoch_ms(last_ts)::DOUBLE, increase, stale, sketch.scale, sketch.zero_count,
           sketch.pos_index, sketch.pos, sketch.neg_index, sketch.neg
    FROM ${parquetSql(paths)} f JOIN selected s ON s.series_id = f.series_id
    WHERE "start" >= ${time(range.startMs)} AND "start" < ${time(range.endMs)} ${literals}`)
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    yield toWindows(chunk, series)
  }
}

function toWindows(chunk: DuckDBDataChunk, series: readonly Series[]): WindowColumns {
  const rows = chunk.rowCount
  const windows = new WindowColumns(rows)
  const places = chunk.getColumnVector(AT.place)
  const starts = chunk.getColumnVector(AT.start)
  for (let row = 0; row < rows; row++)
    windows.push(series[places.getItem(row) as number], starts.getItem(row) as number)
  for (const [c, column] of WINDOW_COLUMNS.entries()) {
    const source = chunk.getColumnVector(AT.columns + c)
    const target = windows[column]
    for (let row = 0; row < rows; row++) target[row] = source.getItem(row) as number
  }
  const stale = chunk.getColumnVector(AT.stale)
  const scale = chunk.getColumnVector(AT.scale)
  for (let row = 0; row < rows; row++) {
    windows.stale[row] = stale.getItem(row) as number
    if (scale.getItem(row) !== null) windows.sketch[row] = toSketch(chunk, row)
  }
  return windows
}

function toSketch(chunk: DuckDBDataChunk, row: number): Sketch {
  const sketch = new Sketch()
  sketch.schema = chunk.getColumnVector(AT.scale).getItem(row) as number
  sketch.zeroCount = chunk.getColumnVector(AT.zeroCount).getItem(row) as number
  fillRun(sketch.positive, chunk, AT.posIndex, AT.pos, row)
  fillRun(sketch.negative, chunk, AT.negIndex, AT.neg, row)
  return sketch
}

function fillRun(run: BucketRun, chunk: DuckDBDataChunk, indexColumn: number, countColumn: number, row: number): void {
  const indexes = chunk.getColumnVector(indexColumn)
  const counts = chunk.getColumnVector(countColumn)
  if (!(indexes instanceof DuckDBListVector) || !(counts instanceof DuckDBListVector)) return
  const length = indexes.getEntryLength(row)
  const indexStart = indexes.getEntryOffset(row)
  const countStart = counts.getEntryOffset(row)
  for (let i = 0; i < length; i++) {
    run.add(indexes.childVector.getItem(indexStart + i) as number, counts.childVector.getItem(countStart + i) as number)
  }
}
