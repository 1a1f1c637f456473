import type { Condition } from '../kinds/condition.js'
import { type PlannedRule, planApply } from './plan-apply.js'
import type { Rule } from './rule.js'
import type { RuleDb, RuleTables } from './tables.js'

/** Rows that one statement writes. */
const ROWS = 500

/** A rule as it is stored. */
export interface StoredRule {
  rule: Rule
  /** What its condition was compiled to; undefined for one that was written into the table by hand. */
  promql?: string
  /** Counts its changes, from 1 on. */
  version: number
  createdMs: number
  updatedMs: number
}

type Row = Omit<
  RuleTables['alert_rules'],
  'rule_id' | 'condition' | 'notification_channels' | 'labels' | 'annotations'
> & {
  rule_id: string
  condition: unknown
  notification_channels: unknown
  labels: unknown
  annotations: unknown
}

/** `alert_rules` in the catalog. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class RuleStore {
  readonly #db: RuleDb

  constructor(db: RuleDb) {
    this.#db = db
  }

  /** Changes whenever a rule does, whoever changes it. */
  async revision(): Promise<number> {
    return (await this.#db.selectFrom('alert_rules_revision').select('revision').executeTakeFirstOrThrow()).revision
  }

  /** Every rule, by name. */
  async list(): Promise<StoredRule[]> {
    const rows = await this.#db.selectFrom('alert_rules').selectAll().orderBy('name').orderBy('rule_id').execute()
    return rows.map(asStored)
  }

  async get(ruleId: string): Promise<StoredRule | undefined> {
    const row = await this.#db.selectFrom('alert_rules').selectAll().where('rule_id', '=', ruleId).executeTakeFirst()
    return row && asStored(row)
  }

  /**
   * Stores rules, all or none. What is the same already is left as it is.
   * @param promql what each is compiled to
   * @throws TM_RULE if two of them have one id
   */
  async apply(rules: readonly Rule[], promql: (rule: Rule) => string, nowMs: number): Promise<PlannedRule[]> {
    return this.#db.transaction().execute(async (tx) => {
      const ids = rules.map(({ rule_id }) => rule_id)
      const stored =
        ids.length === 0
          ? []
          : await tx.selectFrom('alert_rules').selectAll().where('rule_id', 'in', ids).forUpdate().execute()
      const before = new Map(stored.map((row) => [row.rule_id, asStored(row)]))
      const planned = planApply(rules, new Map([...before].map(([id, { rule }]) => [id, rule])))
      const changed = planned.filter(({ action }) => action !== 'unchanged')
      for (let from = 0; from < changed.length; from += ROWS) {
        const rows = changed.slice(from, from + ROWS).map(({ rule }) => {
          const known = before.get(rule.rule_id)
          const version = (known?.version ?? 0) + 1
          return {
            ...asRow(rule),
            promql: promql(rule),
            version,
            created_ms: known?.createdMs ?? nowMs,
            updated_ms: nowMs,
          }
        })
        await tx
          .insertInto('alert_rules')
          .values(rows)
          .onConflict((conflict) =>
            conflict
              .column('rule_id')
              .doUpdateSet(({ ref }) => Object.fromEntries(WRITTEN.map((name) => [name, ref(`excluded.${name}`)]))),
          )
          .execute()
      }
      return planned
    })
  }

  /** @returns false if there is no such rule */
  async setEnabled(ruleId: string, enabled: boolean, nowMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('alert_rules')
      .set(({ eb }) => ({ enabled, version: eb('version', '+', 1), updated_ms: nowMs }))
      .where('rule_id', '=', ruleId)
      .where('enabled', '!=', enabled)
      .executeTakeFirst()
    return numUpdatedRows > 0n || (await this.get(ruleId)) !== undefined
  }

  /** @returns false if there is no such rule */
  async delete(ruleId: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('alert_rules').where('rule_id', '=', ruleId).executeTakeFirst()
    return numDeletedRows > 0n
  }
}

/** Columns that a changed rule writes anew. */
const WRITTEN = [
  'name',
  'metric_query',
  'condition',
  'severity',
  'notification_channels',
  'labels',
  'annotations',
  'judging_interval',
  'rule_group',
  'enabled',
  'promql',
  'version',
  'updated_ms',
] as const

function asRow({ interval, group, condition, notification_channels, labels, annotations, ...rest }: Rule) {
  return {
    ...rest,
    condition: JSON.stringify(condition),
    notification_channels: JSON.stringify(notification_channels),
    labels: JSON.stringify(labels),
    annotations: JSON.stringify(annotations),
    judging_interval: interval ?? null,
    rule_group: group ?? null,
  }
}

function asStored(row: Row): StoredRule {
  const rule: Rule = {
    rule_id: row.rule_id,
    name: row.name,
    metric_query: row.metric_query,
    condition: row.condition as Condition,
    severity: row.severity,
    notification_channels: row.notification_channels as string[],
    labels: row.labels as Rule['labels'],
    annotations: row.annotations as Rule['annotations'],
    enabled: row.enabled,
    ...(row.judging_interval !== null && { interval: row.judging_interval }),
    ...(row.rule_group !== null && { group: row.rule_group }),
  }
  return {
    rule,
    promql: row.promql ?? undefined,
    version: row.version,
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
  }
}
