import { sql } from 'kysely'
import type { ActiveAlert, RuleGroupStatus, RuleStatus } from '../schemas/ports/rules.js'
import { groupId } from './evaluate.js'
import type { AlertDb, AlertTables } from './tables.js'

type AlertRow = AlertTables['alerts']

/** Groups of rules and their alerts in the catalog. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class AlertStore {
  readonly #db: AlertDb

  constructor(db: AlertDb) {
    this.#db = db
  }

  /** Alerts of a group by the place of their rule in it. */
  async known(id: string): Promise<Map<number, ActiveAlert[]>> {
    const rows = await this.#db.selectFrom('alerts').selectAll().where('rule_group', '=', id).execute()
    const byRule = new Map<number, ActiveAlert[]>()
    for (const row of rows) byRule.set(row.rule, [...(byRule.get(row.rule) ?? []), asAlert(row)])
    return byRule
  }

  /**
   * Stores what came of a group.
   * @param position its place among the groups
   * @param judgedMs up to when it was judged
   * @returns false, and nothing is stored, if another process has come as far
   */
  async save(status: RuleGroupStatus, position: number, judgedMs: number): Promise<boolean> {
    const id = groupId(status)
    const rules = status.rules.map(({ alerts: _, ...rule }) => rule)
    const row = { position, judged_ms: judgedMs, status: JSON.stringify({ ...status, rules }) }
    return this.#db.transaction().execute(async (tx) => {
      const stored = await tx
        .insertInto('rule_groups')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row).where('rule_groups.judged_ms', '<', judgedMs))
        .returning('id')
        .execute()
      if (stored.length === 0) return false
      await tx.deleteFrom('alerts').where('rule_group', '=', id).execute()
      const rows = status.rules.flatMap(({ alerts }, rule) => alerts.map((alert) => asRow(alert, id, rule)))
      if (rows.length > 0) await tx.insertInto('alerts').values(rows).execute()
      return true
    })
  }

  /** Forgets the groups that there are no more. */
  async retain(ids: readonly string[]): Promise<void> {
    await this.#db
      .deleteFrom('rule_groups')
      .where(sql<boolean>`NOT (id = ANY(${[...ids]}))`)
      .execute()
  }

  /** Every group as it was stored last, with its alerts. */
  async groups(): Promise<RuleGroupStatus[]> {
    const [groups, alerts] = await Promise.all([
      this.#db.selectFrom('rule_groups').selectAll().orderBy('position').orderBy('id').execute(),
      this.#db.selectFrom('alerts').selectAll().orderBy('active_ms').orderBy('fingerprint').execute(),
    ])
    return groups.map(({ id, status }) => {
      const { rules, ...facts } = status as Omit<RuleGroupStatus, 'rules'> & { rules: Omit<RuleStatus, 'alerts'>[] }
      const ofRule = (place: number) =>
        alerts.filter(({ rule_group, rule }) => rule_group === id && rule === place).map(asAlert)
      return { ...facts, rules: rules.map((rule, i) => ({ ...rule, alerts: ofRule(i) })) }
    })
  }
}

function asRow({ fingerprint, labels, annotations, state, value, ...times }: ActiveAlert, group: string, rule: number) {
  return {
    fingerprint,
    rule_group: group,
    rule,
    state,
    labels: JSON.stringify(labels),
    annotations: JSON.stringify(annotations),
    value,
    active_ms: times.activeMs,
    fired_ms: times.firedMs ?? null,
    seen_ms: times.seenMs,
  }
}

function asAlert(
  row: Omit<AlertRow, 'labels' | 'annotations'> & { labels: unknown; annotations: unknown },
): ActiveAlert {
  return {
    fingerprint: row.fingerprint,
    labels: row.labels as ActiveAlert['labels'],
    annotations: row.annotations as ActiveAlert['annotations'],
    state: row.state,
    value: row.value,
    activeMs: row.active_ms,
    firedMs: row.fired_ms ?? undefined,
    seenMs: row.seen_ms,
  }
}
