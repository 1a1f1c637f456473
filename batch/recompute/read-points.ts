import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import { IdTable } from '../../schemas/series/id-table.js'
import { STALE_KIND } from '../archive/buffer.js'
import { pathsSql } from '../duck/engine.js'
import { chunksOf, doublesOf, integersOf, wordsOf } from '../duck/vectors.js'
import { OutOfOrder, type SeriesFold } from './series-fold.js'

/** What takes the windows out of the fold. */
export interface FoldSink {
  /** Called when all points of a series went into the fold. @param idLow unsigned halves of the series' id */
  take(idLow: number, idHigh: number): void
  /** Waited for every some thousand points. */
  makeRoom(): Promise<void>
}

/**
 * Puts raw points into a fold, series after series.
 * @param raw a relation with the columns of raw_points
 * @param plain every point is a reading that was not sampled: then nothing else is read
 * @param sort brings them into order first; without it they must lie so, as in any one raw file
 * @returns how many points there were
 * @throws OutOfOrder if they are not sorted, or a series comes twice
 */
export async function foldPoints(
  connection: DuckDBConnection,
  raw: string,
  plain: boolean,
  sort: boolean,
  fold: SeriesFold,
  sink: FoldSink,
): Promise<number> {
  const feed = new SeriesFeed(fold, sink)
  const rest = plain ? '' : ', kind, coalesce(weight, 1)'
  const order = sort ? 'ORDER BY series_id, ts' : ''
  const sql = `SELECT series_id, epoch_ms(ts)::DOUBLE, value${rest} FROM ${raw} ${order}`
  let points = 0
  for await (const chunk of chunksOf(connection, sql)) {
    points += plain ? feed.takePlain(chunk) : feed.take(chunk)
    await sink.makeRoom()
  }
  feed.end()
  return points
}

/** What the statistics of raw files tell without reading them. */
export interface RawTraits {
  points: number
  plain: boolean
}

/** Reads the traits of raw files. */
export async function rawTraits(connection: DuckDBConnection, paths: readonly string[]): Promise<RawTraits> {
  const column = (name: string) => `FILTER (path_in_schema = '${name}')`
  const [row] = (
    await connection.runAndReadAll(`
      SELECT sum(num_values) ${column('kind')}, bool_and(coalesce(stats_max = '0', false)) ${column('kind')},
             bool_and(coalesce(stats_null_count = num_values, false)) ${column('weight')}
      FROM parquet_metadata(${pathsSql(paths)})`)
  ).getRows()
  const [points, onlyReadings, unweighted] = row
  return { points: Number(points), plain: onlyReadings === true && unweighted === true }
}

/** Finds where one series ends and the next begins. */
class SeriesFeed {
  readonly #fold: SeriesFold
  readonly #sink: FoldSink
  readonly #seen = new IdTable()
  #idLow = 0
  #idHigh = 0

  constructor(fold: SeriesFold, sink: FoldSink) {
    this.#fold = fold
    this.#sink = sink
  }

  /** Takes a chunk of readings. @returns how many */
  takePlain(chunk: DuckDBDataChunk): number {
    const { rowCount: rows } = chunk
    const ids = wordsOf(chunk, 0, rows)
    const timeMs = doublesOf(chunk, 1, rows)
    const value = doublesOf(chunk, 2, rows)
    for (let from = 0, to = 0; from < rows; from = to) {
      to = runEnd(ids, from, rows)
      this.#turnTo(ids[2 * from], ids[2 * from + 1], false)
      this.#fold.addReadings(timeMs, value, from, to)
    }
    return rows
  }

  /** Takes a chunk of any points. @returns how many */
  take(chunk: DuckDBDataChunk): number {
    const { rowCount: rows } = chunk
    const ids = wordsOf(chunk, 0, rows)
    const timeMs = doublesOf(chunk, 1, rows)
    const value = doublesOf(chunk, 2, rows)
    const kind = integersOf(chunk, 3, rows)
    const weight = doublesOf(chunk, 4, rows)
    for (let from = 0, to = 0; from < rows; from = to) {
      to = runEnd(ids, from, rows)
      const isEvent = kind[from] !== 0 && kind[from] !== STALE_KIND
      this.#turnTo(ids[2 * from], ids[2 * from + 1], isEvent)
      if (isEvent) for (let i = from; i < to; i++) this.#fold.addEvent(timeMs[i], value[i], weight[i])
      else this.#addReadings(timeMs, value, kind, from, to)
    }
    return rows
  }

  end(): void {
    if (this.#seen.size > 0) this.#sink.take(this.#idLow, this.#idHigh)
  }

  #addReadings(timeMs: Float64Array, value: Float64Array, kind: Int32Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      let end = at
      while (end < to && kind[end] !== STALE_KIND) end++
      this.#fold.addReadings(timeMs, value, at, end)
      if (end < to) this.#fold.addSample(timeMs[end], value[end], true)
      at = end + 1
    }
  }

  #turnTo(low: number, high: number, isEvent: boolean): void {
    if (this.#seen.size > 0 && low === this.#idLow && high === this.#idHigh) return
    this.end()
    const size = this.#seen.size
    if (this.#seen.add(low, high) < size) throw new OutOfOrder()
    this.#idLow = low
    this.#idHigh = high
    this.#fold.begin(isEvent)
  }
}

/** Where the run of the id at `from` ends. */
function runEnd(ids: Uint32Array, from: number, rows: number): number {
  const low = ids[2 * from]
  const high = ids[2 * from + 1]
  let to = from + 1
  while (to < rows && ids[2 * to] === low && ids[2 * to + 1] === high) to++
  return to
}
