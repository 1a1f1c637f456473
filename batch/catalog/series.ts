import { sql } from 'kysely'
import { IdTable } from '../../schemas/series/id-table.js'
import { LabelIndex } from '../../schemas/series/label-index.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import { Series, splitId } from '../../schemas/series/series.js'
import { type TimeRange, windowStart } from '../../schemas/time.js'
import { lockSeries, readState, readTogether } from './catalog.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** Rows fetched at once when the index catches up. */
const PAGE = 20_000

/** A series with the range of its points, as far as the catalog keeps it (whole steps of {@link SPAN_STEP_MS}). */
export interface SeriesSpan {
  series: Series
  firstMs: number
  lastMs: number
}

/** The catalog keeps a series' range in steps, so that a lasting series is not written at every flush. */
export const SPAN_STEP_MS = 6 * 3_600_000

/** Inserts unseen series and widens the ranges of known ones. Locks series changes until the transaction ends. */
export async function registerSeries(tx: CatalogTx, spans: readonly SeriesSpan[]): Promise<void> {
  if (spans.length === 0) return
  await lockSeries(tx)
  for (let at = 0; at < spans.length; at += PAGE) {
    const page = spans.slice(at, at + PAGE)
    const ids = page.map(({ series }) => series.id.toString())
    const canonical = page.map(({ series }) => `\\x${Buffer.from(series.canonical).toString('hex')}`)
    const first = page.map(({ firstMs }) => windowStart(firstMs, SPAN_STEP_MS))
    const last = page.map(({ lastMs }) => windowStart(lastMs, SPAN_STEP_MS) + SPAN_STEP_MS)
    await sql`
      INSERT INTO series (id, seq, canonical, first_ms, last_ms)
      SELECT id, nextval('series_seq'), canonical, first_ms, last_ms
      FROM unnest(${ids}::bigint[], ${canonical}::bytea[], ${first}::float8[], ${last}::float8[]) AS new (id, canonical, first_ms, last_ms)
      ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, first_ms = least(series.first_ms, excluded.first_ms),
        last_ms = greatest(series.last_ms, excluded.last_ms)
      WHERE excluded.first_ms < series.first_ms OR excluded.last_ms > series.last_ms`.execute(tx)
  }
}

/** Every series of the catalog in memory, by labels and id; catches up with the catalog before each use. */
export class SeriesIndex {
  readonly #db: CatalogDb
  readonly #labels = new LabelIndex()
  readonly #ids = new IdTable()
  readonly #spans: SeriesSpan[] = []
  #seq = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(db: CatalogDb) {
    this.#db = db
  }

  /**
   * Reads what changed since the last call. Throws TM_CATALOG_UNAVAILABLE.
   * @returns an epoch whose series are all known now: the newest that the catalog, which may be a replica, showed
   */
  refresh(): Promise<number> {
    const turn = this.#turn.then(() =>
      readTogether(this.#db, async (tx) => {
        await this.#fetch(tx)
        return (await readState(tx)).epoch
      }),
    )
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Series that satisfy all matchers and may have points in the range (all, if none is given). */
  select(matchers: readonly Matcher[], range?: TimeRange): Series[] {
    const found = this.#labels.select(matchers)
    if (!range) return found
    return found.filter((series) => {
      const span = this.#spans[this.#ids.find(series.idLow, series.idHigh)]
      return span.firstMs < range.endMs && span.lastMs >= range.startMs
    })
  }

  /** The series of an id given as halves, if the catalog has it. */
  find(idLow: number, idHigh: number): Series | undefined {
    return this.#labels.find(idLow, idHigh)
  }

  async #fetch(tx: CatalogTx): Promise<void> {
    for (;;) {
      const rows = await tx
        .selectFrom('series')
        .select(['seq', 'canonical', 'first_ms', 'last_ms', sql<string>`id::text`.as('id')])
        .where('seq', '>', this.#seq)
        .orderBy('seq')
        .limit(PAGE)
        .execute()
      for (const row of rows) this.#put(row.id, row.canonical, row.first_ms, row.last_ms)
      if (rows.length > 0) this.#seq = rows[rows.length - 1].seq
      if (rows.length < PAGE) return
    }
  }

  #put(id: string, canonical: Buffer, firstMs: number, lastMs: number): void {
    const [low, high] = splitId(BigInt(id))
    const place = this.#ids.add(low, high)
    const known = this.#spans[place]
    if (known) {
      known.firstMs = firstMs
      known.lastMs = lastMs
      return
    }
    const series = Series.known(new Uint8Array(canonical), low, high)
    this.#spans[place] = { series, firstMs, lastMs }
    this.#labels.add(series)
  }
}
