import type { Selectable, Transaction } from 'kysely'
import { TidemarkError } from '../../../schemas/errors.js'
import type { Matcher } from '../../../schemas/series/matcher.js'
import { expiredSilence, type Silence, setSilence, type WantedSilence } from '../silence.js'
import type { DispatchDb, DispatchTables } from './tables.js'

/** What is over is shown so long, ms. */
const KEPT_MS = 5 * 86_400_000

/** Silences in the catalog. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class SilenceStore {
  readonly #db: DispatchDb

  constructor(db: DispatchDb) {
    this.#db = db
  }

  /** Those that are not over at `nowMs`. */
  async current(nowMs: number): Promise<Silence[]> {
    const rows = await this.#db.selectFrom('silences').selectAll().where('ends_ms', '>', nowMs).orderBy('id').execute()
    return rows.map(silenceOf)
  }

  /** All of them, those of the last days that are over too. */
  async all(): Promise<Silence[]> {
    return (await this.#db.selectFrom('silences').selectAll().orderBy('id').execute()).map(silenceOf)
  }

  async get(id: string): Promise<Silence | undefined> {
    const row = await this.#db.selectFrom('silences').selectAll().where('id', '=', id).executeTakeFirst()
    return row && silenceOf(row)
  }

  /**
   * Makes a silence, or changes the one of its id; where its past would become untrue, that one is ended and a new one made.
   * @returns it as it is now
   * @throws TM_SILENCE, TM_NOT_FOUND
   */
  async set(wanted: WantedSilence, nowMs: number, newId: string): Promise<Silence> {
    return this.#db.transaction().execute(async (tx) => {
      const before = wanted.id === undefined ? undefined : await lockedSilence(tx, wanted.id)
      let silences: Silence[]
      try {
        silences = setSilence(wanted, before, nowMs, newId)
      } catch (cause) {
        throw new TidemarkError('TM_SILENCE', { reason: (cause as Error).message }, cause)
      }
      for (const silence of silences) await store(tx, silence)
      return silences[0]
    })
  }

  /** Ends a silence now. @throws TM_NOT_FOUND */
  async expire(id: string, nowMs: number): Promise<Silence> {
    return this.#db.transaction().execute(async (tx) => {
      const silence = expiredSilence(await lockedSilence(tx, id), nowMs)
      await store(tx, silence)
      return silence
    })
  }

  /** Removes those that were over long before `nowMs`. */
  async trim(nowMs: number): Promise<void> {
    await this.#db
      .deleteFrom('silences')
      .where('ends_ms', '<', nowMs - KEPT_MS)
      .execute()
  }
}

async function lockedSilence(tx: Transaction<DispatchTables>, id: string): Promise<Silence> {
  const row = await tx.selectFrom('silences').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (row) return silenceOf(row)
  const fix = '`tidemark silence list` shows the silences that there are'
  throw new TidemarkError('TM_NOT_FOUND', { what: `the silence ${id}`, fix })
}

async function store(tx: Transaction<DispatchTables>, silence: Silence): Promise<void> {
  const row = {
    matchers: JSON.stringify(silence.matchers),
    starts_ms: silence.startsMs,
    ends_ms: silence.endsMs,
    created_by: silence.createdBy,
    comment: silence.comment,
    updated_ms: silence.updatedMs,
  }
  await tx
    .insertInto('silences')
    .values({ id: silence.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
}

function silenceOf(row: Selectable<DispatchTables['silences']>): Silence {
  return {
    id: row.id,
    matchers: row.matchers as Matcher[],
    startsMs: row.starts_ms,
    endsMs: row.ends_ms,
    createdBy: row.created_by,
    comment: row.comment,
    updatedMs: row.updated_ms,
  }
}
