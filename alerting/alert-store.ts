import { sql } from 'kysely'
import type { ActiveAlert, RuleGroupStatus, RuleStatus } from '../schemas/ports/rules.js'
import { groupId } from './evaluate.js'
import type { AlertDb, AlertTables } from './tables.js'

/** A row of `alerts` as it is read. */
type AlertRowRead = Omit<AlertTables['alerts'], 'labels' | 'annotations' | 'channels'> & {
  labels: unknown
  annotations: unknown
  channels: unknown
}
type Tx = Parameters<Parameters<ReturnType<AlertDb['transaction']>['execute']>[0]>[0]

/** Rows that one statement writes. */
const ROWS = 1000

/** What came of a group, to be stored. */
export interface JudgedStatus {
  status: RuleGroupStatus
  /** Its place among the groups. */
  position: number
  /** Up to when it was judged. */
  judgedMs: number
  /** False if it is as this process stored it last, but for its times. */
  isChanged: boolean
}

/** Groups of rules and their alerts in the catalog. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class AlertStore {
  readonly #db: AlertDb

  constructor(db: AlertDb) {
    this.#db = db
  }

  /** Alerts of groups by the place of their rule in each. */
  async known(ids: readonly string[]): Promise<Map<string, Map<number, ActiveAlert[]>>> {
    const byGroup = new Map(ids.map((id) => [id, new Map<number, ActiveAlert[]>()]))
    const rows = await this.#db
      .selectFrom('alerts')
      .selectAll()
      .where(sql<boolean>`rule_group = ANY(${[...ids]})`)
      .execute()
    for (const row of rows) {
      const byRule = byGroup.get(row.rule_group)!
      byRule.set(row.rule, [...(byRule.get(row.rule) ?? []), asAlert(row)])
    }
    return byGroup
  }

  /**
   * Stores what came of groups, in one transaction.
   * @returns ids of those that were stored: not those for which another process has come as far
   */
  async save(judged: readonly JudgedStatus[]): Promise<Set<string>> {
    return this.#db.transaction().execute(async (tx) => {
      const changed = judged.filter(({ isChanged }) => isChanged)
      const stored = new Set(
        await touch(
          tx,
          judged.filter(({ isChanged }) => !isChanged),
        ),
      )
      for (const some of portions(changed)) {
        const ids = new Set(await putGroups(tx, some))
        const rows = some.flatMap(({ status }) => (ids.has(groupId(status)) ? alertRows(status) : []))
        await tx
          .deleteFrom('alerts')
          .where(sql<boolean>`rule_group = ANY(${[...ids]})`)
          .execute()
        for (const part of portions(rows))
          await tx
            .insertInto('alerts')
            .values([...part])
            .execute()
        for (const id of ids) stored.add(id)
      }
      return stored
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
    const byRule = new Map<string, AlertRowRead[]>()
    for (const alert of alerts) {
      const key = `${alert.rule};${alert.rule_group}`
      const same = byRule.get(key)
      if (same) same.push(alert)
      else byRule.set(key, [alert])
    }
    return groups.map(({ id, status, judged_ms }) => {
      const { rules, ...facts } = status as Omit<RuleGroupStatus, 'rules'> & { rules: Omit<RuleStatus, 'alerts'>[] }
      return {
        ...facts,
        rules: rules.map((rule, i) => ({
          ...rule,
          // Rules that failed say when they were judged last; the others went on with their group.
          ...(rule.health === 'ok' && { judgedMs: judged_ms }),
          alerts: (byRule.get(`${i};${id}`) ?? []).map(asAlert),
        })),
      }
    })
  }
}

/** Those of which nothing changed but the time. */
async function touch(tx: Tx, judged: readonly JudgedStatus[]): Promise<string[]> {
  if (judged.length === 0) return []
  const ids = judged.map(({ status }) => groupId(status))
  const times = judged.map(({ judgedMs }) => judgedMs)
  const touched = await sql<{ id: string }>`
    UPDATE rule_groups SET judged_ms = judged.ms
    FROM unnest(${ids}::text[], ${times}::bigint[]) AS judged (id, ms)
    WHERE rule_groups.id = judged.id AND rule_groups.judged_ms < judged.ms
    RETURNING rule_groups.id`.execute(tx)
  return touched.rows.map(({ id }) => id)
}

async function putGroups(tx: Tx, judged: readonly JudgedStatus[]): Promise<string[]> {
  const rows = judged.map(({ status, position, judgedMs }) => {
    const rules = status.rules.map(({ alerts: _, ...rule }) => rule)
    return { id: groupId(status), position, judged_ms: judgedMs, status: JSON.stringify({ ...status, rules }) }
  })
  const stored = await tx
    .insertInto('rule_groups')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(({ ref }) => ({
          position: ref('excluded.position'),
          judged_ms: ref('excluded.judged_ms'),
          status: ref('excluded.status') as never,
        }))
        .whereRef('rule_groups.judged_ms', '<', 'excluded.judged_ms' as never),
    )
    .returning('id')
    .execute()
  return stored.map(({ id }) => id)
}

function* portions<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += ROWS) yield all.slice(from, from + ROWS)
}

function alertRows(status: RuleGroupStatus) {
  const id = groupId(status)
  return status.rules.flatMap(({ alerts }, rule) => alerts.map((alert) => asRow(alert, id, rule)))
}

function asRow(alert: ActiveAlert, group: string, rule: number) {
  const { fingerprint, labels, annotations, state, value, origin, ...times } = alert
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
    rule_id: origin?.ruleId ?? null,
    severity: origin?.severity ?? null,
    channels: origin ? JSON.stringify(origin.channels) : null,
  }
}

function asAlert(row: AlertRowRead): ActiveAlert {
  const { rule_id: ruleId, severity } = row
  return {
    fingerprint: row.fingerprint,
    labels: row.labels as ActiveAlert['labels'],
    annotations: row.annotations as ActiveAlert['annotations'],
    state: row.state,
    value: row.value,
    activeMs: row.active_ms,
    firedMs: row.fired_ms ?? undefined,
    seenMs: row.seen_ms,
    ...(ruleId !== null && severity !== null && { origin: { ruleId, severity, channels: row.channels as string[] } }),
  }
}
