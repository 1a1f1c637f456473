import { formatDuration } from '../../schemas/config/duration.js'
import { compile } from '../kinds/compile.js'
import { NOTHING_KNOWN } from '../kinds/known.js'
import { parseSpan } from '../kinds/quantity.js'
import { type RuleGroup, readRuleFile } from '../rule-file.js'
import type { Rule } from './rule.js'

/** What stands for the file of rules that are in the table. */
const RULES_TABLE = 'alert_rules'

/**
 * A rule of the table as it is judged: a group of its own.
 * @param promql what it was compiled to, if that is known
 * @throws TM_RULE, TM_RULE_CONDITION, TM_RULE_FILE
 */
export function asGroup(rule: Rule, promql: string | undefined, defaultIntervalMs: number): RuleGroup {
  const { rule_id: id, name, severity, annotations, interval } = rule
  const { text, forMs, keepFiringMs } = compile(rule, NOTHING_KNOWN)
  const labels = { severity, ...rule.labels }
  const written = {
    alert: name,
    expr: promql ?? text,
    for: formatDuration(forMs),
    keep_firing_for: formatDuration(keepFiringMs),
    labels,
    annotations,
  }
  const intervalMs = (interval && parseSpan(interval)) || defaultIntervalMs
  const yaml = JSON.stringify({ groups: [{ name: id, rules: [written] }] })
  const [group] = readRuleFile(yaml, RULES_TABLE, intervalMs)
  const origin = { ruleId: id, severity, channels: rule.notification_channels }
  return { ...group, rules: group.rules.map((one) => ({ ...one, origin })) }
}

/** The text that a rule is judged by. @throws TM_RULE_CONDITION */
export function promqlOf(rule: Rule, promql: string | undefined): string {
  return promql ?? compile(rule, NOTHING_KNOWN).text
}
