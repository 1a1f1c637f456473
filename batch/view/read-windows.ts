import { BIGINT, type DuckDBConnection, type DuckDBDataChunk } from '@duckdb/node-api'
import { Kind } from '../../schemas/points.js'
import type { WantedColumns } from '../../schemas/ports/batch-view.js'
import { IdTable } from '../../schemas/series/id-table.js'
import type { Series } from '../../schemas/series/series.js'
import { type BucketRun, Sketch } from '../../schemas/sketch/sketch.js'
import type { TimeRange } from '../../schemas/time.js'
import { WINDOW_COLUMNS, type WindowColumn, WindowColumns } from '../../schemas/windows/columns.js'
import { appendColumns } from '../duck/append.js'
import { type ReadableFile, startsInSql, tierFilesSql } from '../duck/tier-files-sql.js'
import {
  CHUNK_ROWS,
  chunksOf,
  doubleListsOf,
  doublesOf,
  integerListsOf,
  integersOf,
  type ListColumn,
  wordsOf,
} from '../duck/vectors.js'
import { COLUMN_SQL, NO_SKETCH, SKETCH_AT, SKETCH_SQL } from '../duck/window-columns-sql.js'

/** Ids up to this number go into the query as literals, so that DuckDB skips row groups by their statistics. */
const LITERAL_IDS = 500

const ALL_COLUMNS: WantedColumns = { sample: WINDOW_COLUMNS, event: WINDOW_COLUMNS, sketches: true }

/** What is read of windows, and in which places of the query's answer it stands. */
interface Shape {
  columns: readonly WindowColumn[]
  sketches: boolean
}
const AT = { id: 0, start: 1, stale: 2, columns: 3 } as const

/**
 * Streams the windows of some series that start in a range from a tier's files. What is given holds until the next is
 * asked for.
 */
export async function* readWindows(
  connection: DuckDBConnection,
  files: readonly ReadableFile[],
  series: readonly Series[],
  range: TimeRange,
  wanted: WantedColumns = ALL_COLUMNS,
): AsyncIterable<WindowColumns> {
  const shape = shapeOf(series, wanted)
  const columns = shape.columns.map((name) => COLUMN_SQL[name])
  const sql = `
    SELECT ${['series_id', 'epoch_ms("start")::DOUBLE', 'stale', ...columns, ...(shape.sketches ? [SKETCH_SQL] : [])].join(', ')}
    FROM ${tierFilesSql(files)} WHERE ${startsInSql(range)} AND ${await selectedSql(connection, series)}`
  const ids = new IdTable(series.length)
  for (const { idLow, idHigh } of series) ids.add(idLow, idHigh)
  const windows = new WindowColumns(CHUNK_ROWS)
  for await (const chunk of chunksOf(connection, sql)) {
    readChunk(chunk, shape, series, ids, windows)
    yield windows
  }
}

function shapeOf(series: readonly Series[], { sample, event, sketches }: WantedColumns): Shape {
  const wanted = new Set<WindowColumn>()
  if (series.some(({ kind }) => kind === Kind.Sample)) for (const name of sample) wanted.add(name)
  if (series.some(({ kind }) => kind !== Kind.Sample)) for (const name of event) wanted.add(name)
  return { columns: [...wanted], sketches }
}

/** Condition on windows of these series; more than a few lie in a temporary table. */
async function selectedSql(connection: DuckDBConnection, series: readonly Series[]): Promise<string> {
  if (series.length <= LITERAL_IDS) return `series_id IN (${series.map(({ id }) => id).join(', ')})`
  await connection.run('CREATE TEMP TABLE selected (series_id BIGINT)')
  await appendColumns(connection, 'selected', series.length, [{ type: BIGINT, value: (row) => series[row].id }])
  return 'series_id IN (SELECT series_id FROM selected)'
}

/** Makes the windows those of a chunk; columns that are not read hold nothing. */
function readChunk(
  chunk: DuckDBDataChunk,
  { columns, sketches }: Shape,
  series: readonly Series[],
  ids: IdTable,
  windows: WindowColumns,
): void {
  const rows = chunk.rowCount
  windows.length = rows
  const halves = wordsOf(chunk, AT.id, rows)
  let place = -1
  for (let row = 0; row < rows; row++) {
    const isSame = row > 0 && halves[2 * row] === halves[2 * row - 2] && halves[2 * row + 1] === halves[2 * row - 1]
    if (!isSame) place = ids.find(halves[2 * row], halves[2 * row + 1])
    windows.series[row] = series[place]
  }
  windows.start.set(doublesOf(chunk, AT.start, rows))
  windows.stale.set(integersOf(chunk, AT.stale, rows))
  for (let c = 0; c < columns.length; c++) windows[columns[c]].set(doublesOf(chunk, AT.columns + c, rows))
  if (sketches) readSketches(chunk, AT.columns + columns.length, windows)
}

function readSketches(chunk: DuckDBDataChunk, at: number, windows: WindowColumns): void {
  const scale = integersOf(chunk, at + SKETCH_AT.scale)
  const zeroCount = doublesOf(chunk, at + SKETCH_AT.zeroCount)
  const positive = bucketReader(chunk, at + SKETCH_AT.posIndex, at + SKETCH_AT.pos, scale)
  const negative = bucketReader(chunk, at + SKETCH_AT.negIndex, at + SKETCH_AT.neg, scale)
  for (let row = 0; row < windows.length; row++) {
    windows.sketch[row] = undefined
    if (scale[row] === NO_SKETCH) continue
    const sketch = new Sketch()
    sketch.schema = scale[row]
    sketch.zeroCount = zeroCount[row]
    positive(sketch.positive, row)
    negative(sketch.negative, row)
    windows.sketch[row] = sketch
  }
}

/** Fills a run with a row's buckets, whose indexes ascend. The runs of a chunk share one memory. */
function bucketReader(
  chunk: DuckDBDataChunk,
  indexAt: number,
  countAt: number,
  scale: Int32Array,
): (run: BucketRun, row: number) => void {
  const indexes = integerListsOf(chunk, indexAt)
  const counts = doubleListsOf(chunk, countAt)
  const rows = chunk.rowCount
  let taken = 0
  for (let row = 0; row < rows; row++) if (scale[row] !== NO_SKETCH) taken += spanOf(indexes, row)
  const memory = new Float64Array(taken)
  taken = 0
  return (run, row) => {
    const length = indexes.length(row)
    if (length === 0) return
    const indexStart = indexes.offset(row)
    const countStart = counts.offset(row)
    const first = indexes.items[indexStart]
    run.offset = first
    run.length = spanOf(indexes, row)
    run.counts = memory.subarray(taken, taken + run.length)
    taken += run.length
    for (let i = 0; i < length; i++) run.counts[indexes.items[indexStart + i] - first] = counts.items[countStart + i]
  }
}

/** Buckets from the first to the last of a row. */
function spanOf({ items, offset, length }: ListColumn<Int32Array>, row: number): number {
  const start = offset(row)
  return length(row) === 0 ? 0 : items[start + length(row) - 1] - items[start] + 1
}
