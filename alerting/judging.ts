import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'
import type { ActiveAlert, RuleGroupStatus } from '../schemas/ports/rules.js'
import type { AlertStore } from './alert-store.js'
import { activeAlerts } from './changes.js'
import { type EvaluateOptions, GroupEvaluator, groupId, judgeableMs } from './evaluate.js'
import { Round } from './round.js'
import { asGroup } from './rule-book/as-group.js'
import type { RuleStore, StoredRule } from './rule-book/rule-store.js'
import type { RuleGroup } from './rule-file.js'

/** What judging works with. */
export interface JudgingParts {
  /** Groups of the rule files, which stay. */
  fileGroups: readonly RuleGroup[]
  /** Rules of the table, whose changes are taken over. */
  rules: RuleStore
  alerts: AlertStore
  evaluate: EvaluateOptions
  /** Points of a time come until so long after it, ms. */
  delayMs: number
  /** Of rules that name no interval. */
  intervalMs: number
  /** Told of rules that cannot be used. */
  onError: (error: TidemarkError) => void
}

/** What was judged anew: alerts before and after. */
export interface JudgedGroup {
  before: readonly ActiveAlert[]
  status: RuleGroupStatus
}

interface Judged {
  evaluator: GroupEvaluator
  position: number
  judgedMs: number
  /** Alerts as they were told last. */
  told: readonly ActiveAlert[]
  /** What was stored last, but for times. */
  stored?: string
}

/** Judges all rules, those of files and those of the table, as their times come. */
export class Judging {
  readonly #parts: JudgingParts
  readonly #judged = new Map<string, Judged>()
  /** Groups of the table's rules, by all that they say: only what changed is compiled again. */
  #tableGroups = new Map<string, RuleGroup>()
  #revision: number | undefined

  constructor(parts: JudgingParts) {
    this.#parts = parts
  }

  /** What is judged, as it stands. */
  statuses(): RuleGroupStatus[] {
    return [...this.#judged.values()].map(({ evaluator }) => evaluator.status())
  }

  /**
   * Takes over changes of the table, and judges each group that is due.
   * @returns groups of which this process was the first to come so far, and those that are gone, without alerts
   * @throws TM_CATALOG_UNAVAILABLE (retriable)
   */
  async advance(nowMs: number): Promise<JudgedGroup[]> {
    const gone = await this.#follow()
    const due = [...this.#judged.values()]
      .map((one) => ({ one, toMs: judgeableMs(one.evaluator.group, nowMs, this.#parts.delayMs) }))
      .filter(({ one, toMs }) => toMs > one.judgedMs)
    if (due.length === 0) return gone
    const round = new Round(this.#parts.evaluate)
    for (const { one, toMs } of due) round.plan(one.evaluator, toMs)
    for (const { one, toMs } of due) {
      await one.evaluator.advance(toMs, round)
      one.judgedMs = toMs
    }
    return [...gone, ...(await this.#save(due.map(({ one }) => one)))]
  }

  async #save(due: readonly Judged[]): Promise<JudgedGroup[]> {
    const outcomes = due.map((one) => {
      const status = one.evaluator.status()
      const text = withoutTimes(status)
      return { one, status, text, before: one.told, isChanged: text !== one.stored }
    })
    const saved = await this.#parts.alerts.save(
      outcomes.map(({ one: { position, judgedMs }, status, isChanged }) => ({ status, position, judgedMs, isChanged })),
    )
    for (const { one, status, text } of outcomes) {
      one.told = activeAlerts(status)
      // Where another process was first, what is stored is its own: the next time all is written.
      one.stored = saved.has(groupId(status)) ? text : undefined
    }
    return outcomes.filter(({ status }) => saved.has(groupId(status)))
  }

  /** Takes over what changed in the table. @returns groups that are gone */
  async #follow(): Promise<JudgedGroup[]> {
    const { rules, fileGroups, alerts } = this.#parts
    const revision = await rules.revision()
    if (revision === this.#revision) return []
    const groups = [...fileGroups, ...this.#readTable(await rules.list())]
    const ids = new Set(groups.map(groupId))
    await alerts.retain([...ids])
    const added = groups.filter((group) => this.#judged.get(groupId(group))?.evaluator.group !== group)
    const known = await alerts.known(added.map(groupId))
    for (const [position, group] of groups.entries()) {
      const id = groupId(group)
      const before = this.#judged.get(id)
      if (before?.evaluator.group === group) before.position = position
      else this.#judged.set(id, this.#begin(group, position, known.get(id) ?? new Map()))
    }
    this.#revision = revision
    return this.#forget(ids)
  }

  #begin(group: RuleGroup, position: number, known: ReadonlyMap<number, readonly ActiveAlert[]>): Judged {
    const evaluator = new GroupEvaluator(group, this.#parts.evaluate, known)
    return { evaluator, position, judgedMs: Number.NEGATIVE_INFINITY, told: [...known.values()].flat() }
  }

  #forget(ids: ReadonlySet<string>): JudgedGroup[] {
    const gone = [...this.#judged].filter(([id]) => !ids.has(id))
    for (const [id] of gone) this.#judged.delete(id)
    return gone.map(([, { evaluator, told }]) => {
      const status = evaluator.status()
      return { before: told, status: { ...status, rules: status.rules.map((rule) => ({ ...rule, alerts: [] })) } }
    })
  }

  /** Rules that are switched on, as groups; one that cannot be used is told and left out. */
  #readTable(stored: readonly StoredRule[]): RuleGroup[] {
    const read = new Map<string, RuleGroup>()
    for (const { rule, promql } of stored) {
      if (!rule.enabled) continue
      const key = JSON.stringify([rule, promql])
      try {
        read.set(key, this.#tableGroups.get(key) ?? asGroup(rule, promql, this.#parts.intervalMs))
      } catch (thrown) {
        this.#parts.onError(asTidemarkError(thrown))
      }
    }
    this.#tableGroups = read
    return [...read.values()]
  }
}

function withoutTimes(status: RuleGroupStatus): string {
  return JSON.stringify({ ...status, rules: status.rules.map(({ judgedMs: _, tookMs: __, ...rule }) => rule) })
}
