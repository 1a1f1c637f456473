import type { Expr } from '../../promql/ast.js'
import { formatExpr } from '../../promql/print/format.js'
import type { AlertRule } from '../rule-file.js'
import type { RuleFacts } from './policy.js'

/** Characters of a condition that a title has room for; of a longer one the rule's name is told. */
const MAX_CONDITION = 60

const COMPARISONS: ReadonlySet<string> = new Set(['>', '>=', '<', '<=', '==', '!='])

/** What a rule says that its alerts do not. */
export function factsOfRule({
  alert,
  expr,
  text,
  origin,
}: Pick<AlertRule, 'alert' | 'expr' | 'text' | 'origin'>): RuleFacts {
  const threshold = thresholdOf(expr)
  const condition = formatExpr(expr)
  const isShort = threshold !== undefined && condition.length <= MAX_CONDITION
  return {
    ruleId: origin?.ruleId ?? alert,
    query: text,
    threshold,
    condition: isShort ? condition : undefined,
    channels: origin?.channels ?? [],
  }
}

/** What `expr > NUMBER` compares with. */
function thresholdOf(expr: Expr): string | undefined {
  if (expr.type !== 'binary' || !COMPARISONS.has(expr.op) || expr.right.type !== 'number') return undefined
  return formatExpr(expr.right)
}
