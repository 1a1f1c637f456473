import type { QueryTimes } from '../promql/engine.js'
import type { ActiveAlert, RuleGroupStatus } from '../schemas/ports/rules.js'
import { AlertEvaluator, type EvaluateOptions } from './alert-evaluator.js'
import { type AlertRule, isRecording, type RuleGroup } from './rule-file.js'
import type { Asked } from './rule-run.js'

export type { EvaluateOptions } from './alert-evaluator.js'
export type { RuleSource } from './ask.js'

/**
 * The newest time on the group's grid at which it can be judged.
 * @param delayMs whole windows up to a time can be stored so long after it
 * @param completeThroughMs up to here they are known to be there already
 */
export function judgeableMs(
  { intervalMs }: Pick<RuleGroup, 'intervalMs'>,
  nowMs: number,
  delayMs: number,
  completeThroughMs = Number.NEGATIVE_INFINITY,
): number {
  // What is to come is complete for nobody, whatever is claimed.
  const throughMs = Math.max(nowMs - delayMs, Math.min(completeThroughMs, nowMs))
  return Math.floor(throughMs / intervalMs) * intervalMs
}

/** What tells a group from all others. */
export function groupId({ file, name }: Pick<RuleGroup, 'file' | 'name'>): string {
  return `${file};${name}`
}

/** What tells a rule from all others: its alerts' fingerprints are made of it. @param place among the alerting ones */
export function ruleKey(group: Pick<RuleGroup, 'file' | 'name'>, place: number): string {
  return `${groupId(group)};${place}`
}

/** The alerting rules of a group, in order. */
export function alertRules({ rules }: Pick<RuleGroup, 'rules'>): AlertRule[] {
  return rules.filter((rule): rule is AlertRule => !isRecording(rule))
}

/**
 * Judges the alerting rules of a group, step by step in event time: the same data give the same alerts, whenever it is
 * asked.
 */
export class GroupEvaluator {
  readonly group: RuleGroup
  readonly #rules: AlertEvaluator[]

  /** @param known alerts of the rules as they stood before a restart, by the rule's place among the alerting ones */
  constructor(
    group: RuleGroup,
    options: EvaluateOptions,
    known: ReadonlyMap<number, readonly ActiveAlert[]> = new Map(),
  ) {
    this.group = group
    this.#rules = alertRules(group).map(
      (rule, i) => new AlertEvaluator(rule, ruleKey(group, i), group, options, known.get(i) ?? []),
    )
  }

  /** What will be asked to judge the rules up to `toMs`. */
  expected(toMs: number): { rule: AlertRule; times: QueryTimes }[] {
    return this.#rules.flatMap((rule) => rule.expected(toMs) ?? [])
  }

  /**
   * Judges every rule at each time of the grid that is still to come up to `toMs`. Never rejects: see `status`.
   * @param asked answers for many groups that are judged now; left out: each rule asks by itself
   */
  async advance(toMs: number, asked?: Asked): Promise<void> {
    for (const rule of this.#rules) await rule.advance(toMs, asked)
  }

  status(): RuleGroupStatus {
    const { name, file, intervalMs } = this.group
    return { name, file, intervalMs, rules: this.#rules.map((rule) => rule.status()) }
  }
}
