import { isDeepStrictEqual } from 'node:util'
import { TidemarkError } from '../../schemas/errors.js'
import type { Rule } from './rule.js'

/** What applying a rule does. */
export type ApplyAction = 'created' | 'changed' | 'unchanged'

/** A rule and what applying it does. */
export interface PlannedRule {
  rule: Rule
  action: ApplyAction
  /** Fields that become different. */
  changes: readonly string[]
}

/**
 * What applying these rules does to those that are stored. Applied twice, the second time nothing changes.
 * @throws TM_RULE if two of them have one id
 */
export function planApply(wanted: readonly Rule[], stored: ReadonlyMap<string, Rule>): PlannedRule[] {
  const seen = new Set<string>()
  return wanted.map((rule) => {
    const { rule_id: id, name } = rule
    if (seen.has(id)) {
      const reason = `there are two rules with the id ${id}`
      throw new TidemarkError('TM_RULE', {
        rule: name,
        where: 'rule_id',
        reason,
        fix: 'give one of them another rule_id or name',
      })
    }
    seen.add(id)
    const before = stored.get(id)
    if (!before) return { rule, action: 'created', changes: [] }
    const changes = differences(before, rule)
    return { rule, action: changes.length > 0 ? 'changed' : 'unchanged', changes }
  })
}

function differences(before: Rule, after: Rule): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Rule>
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]))
}
