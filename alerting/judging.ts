import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'
import type { ActiveAlert, RuleGroupStatus } from '../schemas/ports/rules.js'
import type { AlertStore } from './alert-store.js'
import { activeAlerts } from './changes.js'
import { alertRules, type EvaluateOptions, GroupEvaluator, groupId, judgeableMs } from './evaluate.js'
import { GroupRecorder, type RecordOptions, recordableMs } from './group-recorder.js'
import { Round } from './round.js'
import { asGroup } from './rule-book/as-group.js'
import type { RuleStore, StoredRule } from './rule-book/rule-store.js'
import { type AlertRule, hasRecordings, type RuleGroup } from './rule-file.js'

/** What judging works with. */
export interface JudgingParts {
  /** Groups of the rule files, which stay. */
  fileGroups: readonly RuleGroup[]
  /** Rules of the table, whose changes are taken over. */
  rules: RuleStore
  alerts: AlertStore
  evaluate: EvaluateOptions
  /** For recording rules, which read windows that are still open. */
  record: RecordOptions
  /** How long windows wait for their points, ms. */
  latenessMs: number
  /** Points of a time come until so long after it: then it is judged at the latest, ms. */
  delayMs: number
  /** All points up to here that came on time can be read, ms; a time is judged as soon as that is so. */
  completeThroughMs: () => Promise<number>
  /** Of rules that name no interval. */
  intervalMs: number
  /** Told of rules that cannot be used, and of points that were not taken. */
  onError: (error: TidemarkError) => void
}

/** What was judged anew: alerts before and after. */
export interface JudgedGroup {
  before: readonly ActiveAlert[]
  status: RuleGroupStatus
  /** It is judged no longer. */
  isGone?: boolean
}

interface Judged {
  evaluator: GroupEvaluator
  recorder: GroupRecorder
  position: number
  judgedMs: number
  /** What could not be judged before the latest time is tried once more then. */
  failedMs?: number
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
  #byName: ReadonlyMap<string, AlertRule> = new Map()
  #revision: number | undefined

  constructor(parts: JudgingParts) {
    this.#parts = parts
  }

  /** What is judged, as it stands. */
  statuses(): RuleGroupStatus[] {
    return [...this.#judged.values()].map(statusOf)
  }

  /** The first rule whose alerts have this name. */
  ruleNamed(alertname: string): AlertRule | undefined {
    return this.#byName.get(alertname)
  }

  /**
   * Takes over changes of the table, records what is to be recorded, and judges each group that is due.
   * @returns groups of which this process was the first to come so far, and those that are gone, without alerts
   * @throws TM_CATALOG_UNAVAILABLE (retriable)
   */
  async advance(nowMs: number): Promise<JudgedGroup[]> {
    const gone = await this.#follow()
    // First what must come in time itself: alerts may read it.
    await this.#record(nowMs)
    const due = await this.#due(nowMs)
    if (due.length === 0) return gone
    const round = new Round(this.#parts.evaluate)
    for (const { one, toMs } of due) round.plan(one.evaluator, toMs)
    for (const { one, toMs, isEarly } of due) {
      await one.evaluator.advance(toMs, round)
      one.judgedMs = toMs
      one.failedMs = isEarly && hasFailed(one) ? toMs : undefined
    }
    return [...gone, ...(await this.#save(due.map(({ one }) => one)))]
  }

  async #due(nowMs: number): Promise<{ one: Judged; toMs: number; isEarly: boolean }[]> {
    const { delayMs, completeThroughMs } = this.#parts
    const throughMs = await completeThroughMs()
    return [...this.#judged.values()].flatMap((one) => {
      const { group } = one.evaluator
      const toMs = judgeableMs(group, nowMs, delayMs, throughMs)
      const latestMs = judgeableMs(group, nowMs, delayMs)
      const isDue = toMs > one.judgedMs || (one.failedMs !== undefined && latestMs >= one.failedMs)
      return isDue ? [{ one, toMs, isEarly: toMs > latestMs }] : []
    })
  }

  async #record(nowMs: number): Promise<void> {
    const { latenessMs, onError } = this.#parts
    for (const { recorder } of this.#judged.values()) {
      const toMs = recordableMs(recorder.group, nowMs, latenessMs)
      await recorder.record(toMs).catch((thrown) => onError(asTidemarkError(thrown)))
    }
  }

  async #save(due: readonly Judged[]): Promise<JudgedGroup[]> {
    const outcomes = due.map((one) => {
      const status = statusOf(one)
      const text = withoutTimes(status)
      return { one, status, text, before: one.told, isChanged: text !== one.stored }
    })
    const saved = await this.#parts.alerts.save(
      outcomes.map(({ one, status, isChanged }) => {
        // What is tried once more is not done yet: whoever does it is the first.
        const judgedMs = one.failedMs === undefined ? one.judgedMs : one.judgedMs - 1
        return { status, position: one.position, judgedMs, isChanged }
      }),
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
    const recordedMs = added.some(hasRecordings) ? recordedTimes(await alerts.groups()) : undefined
    for (const [position, group] of groups.entries()) {
      const id = groupId(group)
      const before = this.#judged.get(id)
      if (before?.evaluator.group === group) before.position = position
      else
        this.#judged.set(
          id,
          this.#begin(group, position, { alerts: known.get(id) ?? new Map(), recordedMs: recordedMs?.get(id) }),
        )
    }
    this.#revision = revision
    this.#byName = rulesByName(groups)
    return this.#forget(ids)
  }

  #begin(group: RuleGroup, position: number, { alerts, recordedMs }: KnownGroup): Judged {
    const { evaluate, record } = this.#parts
    const evaluator = new GroupEvaluator(group, evaluate, alerts)
    const recorder = new GroupRecorder(group, record, recordedMs)
    return { evaluator, recorder, position, judgedMs: Number.NEGATIVE_INFINITY, told: [...alerts.values()].flat() }
  }

  #forget(ids: ReadonlySet<string>): JudgedGroup[] {
    const gone = [...this.#judged].filter(([id]) => !ids.has(id))
    for (const [id] of gone) this.#judged.delete(id)
    return gone.map(([, one]) => {
      const status = statusOf(one)
      const rules = status.rules.map((rule) => ({ ...rule, alerts: [] }))
      return { before: one.told, status: { ...status, rules }, isGone: true }
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

/** What is known of a group from before it was judged here. */
interface KnownGroup {
  /** Alerts by the place of their rule. */
  alerts: ReadonlyMap<number, readonly ActiveAlert[]>
  /** Up to when its recording rules were evaluated, ms. */
  recordedMs?: number
}

/** Up to when the recording rules of each group were evaluated, ms. */
function recordedTimes(stored: readonly RuleGroupStatus[]): Map<string, number | undefined> {
  return new Map(stored.map((status) => [groupId(status), status.recordings?.[0]?.judgedMs]))
}

/** Of rules whose alerts have the same name the first one counts. */
function rulesByName(groups: readonly RuleGroup[]): Map<string, AlertRule> {
  const rules = groups.flatMap(alertRules).map((rule) => [rule.alert, rule] as const)
  return new Map(rules.reverse())
}

function statusOf({ evaluator, recorder }: Pick<Judged, 'evaluator' | 'recorder'>): RuleGroupStatus {
  const recordings = recorder.status()
  return { ...evaluator.status(), ...(recordings.length > 0 && { recordings }) }
}

function hasFailed({ evaluator }: Judged): boolean {
  return evaluator.status().rules.some(({ health }) => health === 'err')
}

/** Up to when it recorded is stored each time: after a restart it goes on there. */
function withoutTimes({ rules, recordings, ...group }: RuleGroupStatus): string {
  return JSON.stringify({
    ...group,
    rules: rules.map(({ judgedMs: _, tookMs: __, ...rule }) => rule),
    recordings: recordings?.map(({ tookMs: _, ...rule }) => rule),
  })
}
