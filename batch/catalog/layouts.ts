import { sql } from 'kysely'
import type { Layout, LayoutStore } from '../../schemas/ports/layouts.js'
import type { CatalogDb } from './tables.js'

/** Layouts in the catalog. */
export class CatalogLayouts implements LayoutStore {
  readonly #db: CatalogDb

  constructor(db: CatalogDb) {
    this.#db = db
  }

  async read(): Promise<Layout[]> {
    const rows = await this.#db.selectFrom('layouts').selectAll().orderBy('from_ms').execute()
    return rows.map(({ from_ms: fromMs, partitions, splits }) => ({
      fromMs,
      partitions,
      splits: splits as Layout['splits'],
    }))
  }

  async add({ fromMs, partitions, splits }: Layout, knownFromMs: number | undefined): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE layouts IN EXCLUSIVE MODE`.execute(tx)
      const { newest } = await tx
        .selectFrom('layouts')
        .select((eb) => eb.fn.max('from_ms').as('newest'))
        .executeTakeFirstOrThrow()
      if ((newest ?? undefined) !== knownFromMs) return false
      await tx
        .insertInto('layouts')
        .values({ from_ms: fromMs, partitions, splits: JSON.stringify(splits) })
        .execute()
      return true
    })
  }
}
