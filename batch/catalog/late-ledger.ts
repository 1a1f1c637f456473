import { sql } from 'kysely'
import type { LateLedger, LatePoints } from '../../schemas/ports/late-ledger.js'
import { alignDown, WINDOW_MS } from '../../schemas/time.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** Words (32 bits) of a packed entry: id low, id high, window in the block, points. */
const WORDS = 4

/** A series and window that got late points. */
export interface LateWindow {
  idLow: number
  idHigh: number
  startMs: number
  points: number
}

/** The late ledger in the catalog: a packed row for each log entry and block. */
export class CatalogLateLedger implements LateLedger {
  readonly #db: CatalogDb
  readonly #blockMs: number

  constructor(db: CatalogDb, blockMs: number) {
    this.#db = db
    this.#blockMs = blockMs
  }

  async record(late: readonly LatePoints[]): Promise<void> {
    if (late.length === 0) return
    const rows = late.flatMap((entry) => this.#pack(entry))
    await this.#db.transaction().execute(async (tx) => {
      let before = 0
      for (const { partition, offset } of late) before += await remove(tx, partition, offset, offset + 1)
      if (rows.length > 0) await tx.insertInto('late_points').values(rows).execute()
      await count(tx, rows.reduce((sum, row) => sum + row.points, 0) - before)
    })
  }

  async forget(partition: number, fromOffset: number): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await count(tx, -(await remove(tx, partition, fromOffset, Number.MAX_SAFE_INTEGER)))
    })
  }

  /** Every series and window of a block that got late points. */
  async forBlock(blockStart: number): Promise<LateWindow[]> {
    const rows = await this.#db
      .selectFrom('late_points')
      .select('packed')
      .where('block_start', '=', blockStart)
      .execute()
    return rows.flatMap(({ packed }) => {
      const words = new Uint32Array(Uint8Array.from(packed).buffer)
      return Array.from({ length: words.length / WORDS }, (_, i) => ({
        idLow: words[i * WORDS],
        idHigh: words[i * WORDS + 1],
        startMs: blockStart + words[i * WORDS + 2] * WINDOW_MS,
        points: words[i * WORDS + 3],
      }))
    })
  }

  /** Drops the entries of blocks before `beforeMs`; the count of late points stays. */
  async trim(beforeMs: number): Promise<void> {
    await this.#db.deleteFrom('late_points').where('block_start', '<', beforeMs).execute()
  }

  #pack(late: LatePoints) {
    const byBlock = new Map<number, number[]>()
    for (let i = 0; i < late.windowStart.length; i++) {
      const block = alignDown(late.windowStart[i], this.#blockMs)
      const words = byBlock.get(block) ?? []
      byBlock.set(block, words)
      words.push(
        late.seriesIds[2 * i],
        late.seriesIds[2 * i + 1],
        (late.windowStart[i] - block) / WINDOW_MS,
        late.points[i],
      )
    }
    return [...byBlock].map(([block, words]) => ({
      partition: late.partition,
      log_offset: late.offset,
      block_start: block,
      points: words.reduce((sum, word, at) => (at % WORDS === WORDS - 1 ? sum + word : sum), 0),
      packed: Buffer.from(Uint32Array.from(words).buffer),
    }))
  }
}

async function remove(tx: CatalogTx, partition: number, from: number, to: number): Promise<number> {
  const rows = await tx
    .deleteFrom('late_points')
    .where('partition', '=', partition)
    .where('log_offset', '>=', from)
    .where('log_offset', '<', to)
    .returning('points')
    .execute()
  return rows.reduce((sum, row) => sum + row.points, 0)
}

async function count(tx: CatalogTx, points: number): Promise<void> {
  if (points !== 0) await sql`UPDATE batch_state SET late_points = late_points + ${points}`.execute(tx)
}
