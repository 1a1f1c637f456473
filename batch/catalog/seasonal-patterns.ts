import { sql } from 'kysely'
import type { PatternSource, TrainedPatterns } from '../../schemas/ports/seasonal-patterns.js'
import type { PatternsStatus } from '../../schemas/ports/status.js'
import type { TimeRange } from '../../schemas/time.js'
import { lockPatterns } from './catalog.js'
import type { CatalogDb } from './tables.js'

/** Versions read at once; each takes some 20 kB. */
const PAGE = 50
/** Versions of a series that are kept at most, however often its history is corrected. */
const VERSIONS = 8
/** A restarted detector judges windows since the beginning of the day before anew: by the versions of then, ms. */
const NEEDED_MS = 3 * 86_400_000

/** The newest training of a series. */
export interface Training {
  seriesId: bigint
  range: TimeRange
  checkedEpoch: number
  digest: string
}

/** What a training found, and on what. */
export interface TrainingResult extends TrainedPatterns {
  /** Of the batch view. */
  epoch: number
  range: TimeRange
  readings: number
  digest: string
  trainedMs: number
}

/** Trained patterns in the catalog, a version for each training. All methods throw TM_CATALOG_UNAVAILABLE. */
export class CatalogPatterns implements PatternSource {
  readonly #db: CatalogDb

  constructor(db: CatalogDb) {
    this.#db = db
  }

  async storedAfter(seq: number, seriesIds: readonly bigint[]): Promise<{ seq: number; trained: TrainedPatterns[] }> {
    if (seriesIds.length === 0) return { seq, trained: [] }
    const rows = await this.#db
      .selectFrom('seasonal_patterns')
      .select(['seq', 'from_ms', 'patterns', sql<string>`series_id::text`.as('series_id')])
      .where('seq', '>', seq)
      .where(sql<boolean>`series_id = ANY(${seriesIds.map(String)}::bigint[])`)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    const trained = rows.map((row) => ({
      seriesId: BigInt(row.series_id),
      fromMs: row.from_ms,
      patterns: row.patterns,
    }))
    return { seq: rows.at(-1)?.seq ?? seq, trained }
  }

  /** The newest training of each of these series that was ever trained. */
  async newest(seriesIds: readonly bigint[]): Promise<Training[]> {
    const { rows } = await sql<NewestRow>`
      SELECT DISTINCT ON (series_id) series_id::text AS id, range_start, range_end, checked_epoch, digest
      FROM seasonal_patterns WHERE series_id = ANY(${seriesIds.map(String)}::bigint[])
      ORDER BY series_id, from_ms DESC`.execute(this.#db)
    return rows.map(trainingOf)
  }

  /**
   * A page of the newest trainings of whose range a block was published again since, in the order of their series' ids.
   * @param blockMs length of a block
   */
  async corrected(afterId: bigint | undefined, limit: number, blockMs: number): Promise<Training[]> {
    const { rows } = await sql<NewestRow>`
      SELECT series_id::text AS id, range_start, range_end, checked_epoch, digest FROM (${newestTrainings}) AS newest
      WHERE ${isCorrected(blockMs)} AND (${afterId === undefined} OR series_id > ${String(afterId ?? 0)}::bigint)
      ORDER BY series_id LIMIT ${limit}`.execute(this.#db)
    return rows.map(trainingOf)
  }

  /** Stores a version in place of one of the same beginning, and drops those that nobody needs any more. */
  async store(result: TrainingResult): Promise<void> {
    const id = String(result.seriesId)
    await this.#db.transaction().execute(async (tx) => {
      await lockPatterns(tx)
      await tx
        .deleteFrom('seasonal_patterns')
        .where('series_id', '=', id)
        .where('from_ms', '=', result.fromMs)
        .execute()
      await tx
        .insertInto('seasonal_patterns')
        .values({
          series_id: id,
          from_ms: result.fromMs,
          seq: sql`nextval('seasonal_patterns_seq')` as never,
          epoch: result.epoch,
          checked_epoch: result.epoch,
          range_start: result.range.startMs,
          range_end: result.range.endMs,
          readings: result.readings,
          digest: result.digest,
          patterns: JSON.stringify(result.patterns),
          trained_ms: result.trainedMs,
        })
        .execute()
      await sql`
        DELETE FROM seasonal_patterns WHERE series_id = ${id}::bigint AND (
          from_ms < (SELECT max(from_ms) FROM seasonal_patterns
                     WHERE series_id = ${id}::bigint AND from_ms <= ${result.fromMs - NEEDED_MS})
          OR from_ms NOT IN (SELECT from_ms FROM seasonal_patterns WHERE series_id = ${id}::bigint
                             ORDER BY from_ms DESC LIMIT ${VERSIONS}))`.execute(tx)
    })
  }

  /** Notes that at this epoch a series' history is what its newest training was given. */
  async confirm(seriesId: bigint, epoch: number): Promise<void> {
    await sql`
      UPDATE seasonal_patterns SET checked_epoch = greatest(checked_epoch, ${epoch})
      WHERE series_id = ${String(seriesId)}::bigint AND from_ms = (
        SELECT max(from_ms) FROM seasonal_patterns WHERE series_id = ${String(seriesId)}::bigint)`.execute(this.#db)
  }

  /** Drops the patterns of series of which none was trained on anything after this time, ms. */
  async dropBefore(endMs: number): Promise<void> {
    await sql`
      DELETE FROM seasonal_patterns WHERE series_id IN (
        SELECT series_id FROM seasonal_patterns GROUP BY series_id HAVING max(range_end) < ${endMs})`.execute(this.#db)
  }

  /** What is stored, for the status. @param blockMs length of a block */
  async status(blockMs: number): Promise<PatternsStatus> {
    const { rows } = await sql<StatusRow>`
      SELECT count(*) AS series, max(trained_ms) AS trained, min(range_start) AS range_start, max(range_end) AS range_end,
             max(epoch) AS epoch, coalesce(sum(readings), 0)::bigint AS readings,
             count(*) FILTER (WHERE ${isCorrected(blockMs)}) AS corrected
      FROM (${newestTrainings}) AS newest`.execute(this.#db)
    const { series, corrected, readings, trained, epoch, range_start, range_end } = rows[0]
    if (trained === null || epoch === null || range_start === null || range_end === null)
      return { series: 0, corrected: 0 }
    const newest = { trainedMs: trained, epoch, range: { startMs: range_start, endMs: range_end }, readings }
    return { series, corrected, newest }
  }
}

interface NewestRow {
  id: string
  range_start: number
  range_end: number
  checked_epoch: number
  digest: string
}

interface StatusRow {
  series: number
  corrected: number
  readings: number
  trained: number | null
  epoch: number | null
  range_start: number | null
  range_end: number | null
}

const newestTrainings = sql`SELECT DISTINCT ON (series_id) * FROM seasonal_patterns ORDER BY series_id, from_ms DESC`

/** Whether a block of the range of `newest` was published after the epoch that it was checked at. */
function isCorrected(blockMs: number) {
  return sql<boolean>`EXISTS (
    SELECT 1 FROM publications WHERE epoch > newest.checked_epoch
      AND block_start > newest.range_start - ${blockMs} AND block_start < newest.range_end)`
}

function trainingOf({ id, range_start, range_end, checked_epoch, digest }: NewestRow): Training {
  const range = { startMs: range_start, endMs: range_end }
  return { seriesId: BigInt(id), range, checkedEpoch: checked_epoch, digest }
}
