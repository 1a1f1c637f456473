import { type ColumnType, type Kysely, sql } from 'kysely'
import type { Verdict } from './compare.js'
import type { Correction } from './rejudge.js'

/** Rows of the verdicts' tables (batch/catalog/migrations/008-rules.sql), and those of the batch layer that are read. */
interface VerdictTables {
  alert_verdicts: {
    rule_id: string
    epoch: number
    verdict: Verdict['verdict']
    labels: ColumnType<unknown, string, string>
    before: ColumnType<unknown, string | null, string | null>
    after: ColumnType<unknown, string | null, string | null>
    found_ms: number
  }
  alert_rejudged: { one: boolean; epoch: number }
  publications: { epoch: number; block_start: number | null; frontier_ms: number }
}

/** The catalog's database, as far as verdicts go; the pool must give int8 as numbers. */
export type VerdictDb = Kysely<VerdictTables>

/** A verdict as it is kept. */
export interface KeptVerdict extends Verdict {
  ruleId: string
  epoch: number
  foundMs: number
}

/** Verdicts that are read at once. */
const MOST_READ = 1000

/** Corrections of the batch view, and the verdicts that they led to. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class VerdictStore {
  readonly #db: VerdictDb
  readonly #blockMs: number

  /** @param blockMs length of a block */
  constructor(db: VerdictDb, blockMs: number) {
    this.#db = db
    this.#blockMs = blockMs
  }

  /** The oldest correction that was not judged again. The first time it is asked, all that was before is past. */
  async nextCorrection(): Promise<Correction | undefined> {
    const seen = await this.#db.selectFrom('alert_rejudged').select('epoch').executeTakeFirst()
    if (!seen) {
      await sql`INSERT INTO alert_rejudged (epoch) SELECT coalesce(max(epoch), 0) FROM publications
        ON CONFLICT DO NOTHING`.execute(this.#db)
      return undefined
    }
    // A block before the tide line of the epoch before was sealed already: it was computed again.
    const next = await this.#db
      .selectFrom('publications as now')
      .innerJoin('publications as past', (join) => join.on(sql<boolean>`past.epoch = now.epoch - 1`))
      .select(['now.epoch as epoch', 'now.block_start as block_start'])
      .where('now.epoch', '>', seen.epoch)
      .whereRef('past.frontier_ms', '>', 'now.block_start')
      .orderBy('now.epoch')
      .executeTakeFirst()
    if (!next || next.block_start === null) return undefined
    return { startMs: next.block_start, endMs: next.block_start + this.#blockMs, epoch: next.epoch }
  }

  /**
   * Keeps what a correction led to.
   * @returns false, and nothing is kept, if another process was faster
   */
  async save(
    { epoch }: Correction,
    verdicts: ReadonlyMap<string, readonly Verdict[]>,
    nowMs: number,
  ): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('alert_rejudged')
        .set({ epoch })
        .where('epoch', '<', epoch)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      for (const [ruleId, found] of verdicts) {
        if (found.length === 0) continue
        // A rule may have been deleted while it was judged.
        const rule = await sql`SELECT 1 FROM alert_rules WHERE rule_id = ${ruleId} FOR SHARE`.execute(tx)
        if (rule.rows.length === 0) continue
        const rows = found.map((one) => asRow(ruleId, epoch, one, nowMs))
        for (let from = 0; from < rows.length; from += MOST_READ) {
          await tx
            .insertInto('alert_verdicts')
            .values(rows.slice(from, from + MOST_READ))
            .execute()
        }
      }
      return true
    })
  }

  /** Verdicts on a rule, the newest first. */
  async of(ruleId: string): Promise<KeptVerdict[]> {
    const rows = await this.#db
      .selectFrom('alert_verdicts')
      .selectAll()
      .where('rule_id', '=', ruleId)
      .orderBy('found_ms', 'desc')
      .orderBy('epoch', 'desc')
      .limit(MOST_READ)
      .execute()
    return rows.map(({ rule_id, epoch, verdict, labels, before, after, found_ms }) => ({
      ruleId: rule_id,
      epoch,
      verdict,
      labels: labels as Verdict['labels'],
      ...(before !== null && { before: before as Verdict['before'] }),
      ...(after !== null && { after: after as Verdict['after'] }),
      foundMs: found_ms,
    }))
  }
}

function asRow(ruleId: string, epoch: number, { verdict, labels, before, after }: Verdict, nowMs: number) {
  return {
    rule_id: ruleId,
    epoch,
    verdict,
    labels: JSON.stringify(labels),
    before: before ? JSON.stringify(before) : null,
    after: after ? JSON.stringify(after) : null,
    found_ms: nowMs,
  }
}
