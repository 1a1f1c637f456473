import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { Series } from '../../schemas/series/series.js'
import type { BucketRun } from '../../schemas/sketch/sketch.js'
import { WINDOW_COLUMNS, WindowColumns } from '../../schemas/windows/columns.js'
import {
  chunksOf,
  doubleListsOf,
  doublesOf,
  integerListsOf,
  integersOf,
  type ListColumn,
  wordsOf,
} from '../duck/vectors.js'
import { COLUMN_SQL, NO_SKETCH, SKETCH_AT, SKETCH_SQL } from '../duck/window-columns-sql.js'

/** All windows of one series, in order of time. Valid until the next one comes. */
export interface SeriesWindows {
  idLow: number
  idHigh: number
  windows: WindowColumns
}

/** Places of the columns behind the numbers'. */
const FLAGS = 2 + WINDOW_COLUMNS.length
const SKETCH = FLAGS + 1

/**
 * Streams windows series after series.
 * @param files a relation with the columns of a tier's file
 * @param seriesOf what the windows are to be of
 */
export async function* windowsBySeries(
  connection: DuckDBConnection,
  files: string,
  seriesOf: (idLow: number, idHigh: number) => Series,
): AsyncIterable<SeriesWindows> {
  const columns = WINDOW_COLUMNS.map((name) => COLUMN_SQL[name])
  const sql = `
    SELECT ${['series_id', 'epoch_ms("start")::DOUBLE', ...columns, 'stale', SKETCH_SQL].join(', ')}
    FROM ${files} ORDER BY series_id, "start"`
  const own: SeriesWindows = { idLow: 0, idHigh: 0, windows: new WindowColumns() }
  for await (const chunk of chunksOf(connection, sql)) {
    const rows = new WindowRows(chunk)
    const ids = wordsOf(chunk, 0)
    for (let row = 0; row < chunk.rowCount; row++) {
      const idLow = ids[2 * row]
      const idHigh = ids[2 * row + 1]
      if (own.windows.length > 0 && (idLow !== own.idLow || idHigh !== own.idHigh)) {
        yield own
        own.windows.clear()
      }
      own.idLow = idLow
      own.idHigh = idHigh
      rows.copy(row, own.windows, own.windows.length > 0 ? own.windows.series[0] : seriesOf(idLow, idHigh))
    }
  }
  if (own.windows.length > 0) yield own
}

/** A chunk's windows. */
class WindowRows {
  readonly #start: Float64Array
  readonly #numbers: Float64Array[]
  readonly #flags: Int32Array
  readonly #scale: Int32Array
  readonly #zeroCount: Float64Array
  readonly #positiveIndex: ListColumn<Int32Array>
  readonly #positive: ListColumn<Float64Array>
  readonly #negativeIndex: ListColumn<Int32Array>
  readonly #negative: ListColumn<Float64Array>

  constructor(chunk: DuckDBDataChunk) {
    this.#start = doublesOf(chunk, 1)
    this.#numbers = WINDOW_COLUMNS.map((_, c) => doublesOf(chunk, 2 + c))
    this.#flags = integersOf(chunk, FLAGS)
    this.#scale = integersOf(chunk, SKETCH + SKETCH_AT.scale)
    this.#zeroCount = doublesOf(chunk, SKETCH + SKETCH_AT.zeroCount)
    this.#positiveIndex = integerListsOf(chunk, SKETCH + SKETCH_AT.posIndex)
    this.#positive = doubleListsOf(chunk, SKETCH + SKETCH_AT.pos)
    this.#negativeIndex = integerListsOf(chunk, SKETCH + SKETCH_AT.negIndex)
    this.#negative = doubleListsOf(chunk, SKETCH + SKETCH_AT.neg)
  }

  copy(row: number, into: WindowColumns, series: Series): void {
    const at = into.push(series, this.#start[row])
    for (let c = 0; c < WINDOW_COLUMNS.length; c++) into[WINDOW_COLUMNS[c]][at] = this.#numbers[c][row]
    into.stale[at] = this.#flags[row]
    if (this.#scale[row] === NO_SKETCH) return
    const sketch = into.newSketch()
    sketch.schema = this.#scale[row]
    sketch.zeroCount = this.#zeroCount[row]
    fillRun(sketch.positive, row, this.#positiveIndex, this.#positive)
    fillRun(sketch.negative, row, this.#negativeIndex, this.#negative)
    into.sketch[at] = sketch
  }
}

function fillRun(run: BucketRun, row: number, index: ListColumn<Int32Array>, count: ListColumn<Float64Array>): void {
  const length = index.length(row)
  if (length === 0) return
  const from = index.offset(row)
  const countFrom = count.offset(row)
  run.cover(index.items[from], index.items[from + length - 1])
  for (let i = 0; i < length; i++) run.counts[index.items[from + i] - run.offset] = count.items[countFrom + i]
}
