import type { ColumnType, Kysely } from 'kysely'
import { TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import type { EvaluateOptions, RuleSource } from '../evaluate.js'
import type { AppliedRule, RuleDesk } from '../rule-book/desk.js'
import { burnRules } from './burn-rules.js'
import { readSlo, type Slo } from './slo.js'
import { type SloStatus, sloStatus } from './status.js'

/** The catalog's database, as far as objectives go. */
export type SloDb = Kysely<{ slos: { slo_id: string; definition: ColumnType<unknown, string, string> } }>

/** What managing objectives works with. */
export interface SloDeskParts {
  db: SloDb
  rules: RuleDesk
  clock: Clock
  open: () => Promise<RuleSource>
  limits: EvaluateOptions['limits']
}

/** Manages service level objectives. Everything throws TM_CATALOG_UNAVAILABLE (retriable) too. */
export class SloDesk {
  readonly #parts: SloDeskParts

  constructor(parts: SloDeskParts) {
    this.#parts = parts
  }

  async list(): Promise<Slo[]> {
    const rows = await this.#parts.db.selectFrom('slos').selectAll().orderBy('slo_id').execute()
    return rows.map(({ definition }) => definition as Slo)
  }

  /** @throws TM_NOT_FOUND, and as the engine and the source do */
  async status(sloId: string): Promise<{ slo: Slo; status: SloStatus[] }> {
    const slo = await this.#get(sloId)
    return { slo, status: await sloStatus(slo, this.#parts.clock(), this.#parts) }
  }

  /**
   * Stores objectives and the rules that they are compiled to. Applied again, nothing changes.
   * @throws TM_SLO, TM_RULE, TM_RULE_CONDITION
   */
  async apply(inputs: readonly unknown[], dryRun: boolean): Promise<AppliedRule[]> {
    const slos = inputs.map(readSlo)
    const applied = await this.#parts.rules.apply(slos.flatMap(burnRules), dryRun)
    for (const slo of dryRun ? [] : slos) {
      const definition = JSON.stringify(slo)
      await this.#parts.db
        .insertInto('slos')
        .values({ slo_id: slo.slo_id, definition })
        .onConflict((conflict) => conflict.column('slo_id').doUpdateSet({ definition }))
        .execute()
    }
    return applied
  }

  /** Deletes an objective and its rules. @throws TM_NOT_FOUND */
  async delete(sloId: string): Promise<void> {
    const { db, rules } = this.#parts
    const slo = await this.#get(sloId)
    const stored = new Set((await rules.list()).map(({ rule_id }) => rule_id))
    for (const { rule_id } of burnRules(slo)) if (stored.has(rule_id)) await rules.delete(rule_id)
    await db.deleteFrom('slos').where('slo_id', '=', sloId).execute()
  }

  async #get(sloId: string): Promise<Slo> {
    const slo = (await this.list()).find(({ slo_id }) => slo_id === sloId)
    if (slo) return slo
    const what = `an objective ${sloId}`
    throw new TidemarkError('TM_NOT_FOUND', { what, fix: '`tidemark slo list` shows them' })
  }
}
