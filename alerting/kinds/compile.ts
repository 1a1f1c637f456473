import type { Expr } from '../../promql/ast.js'
import { parseExpr } from '../../promql/parse.js'
import { formatExpr } from '../../promql/print/format.js'
import { TidemarkError } from '../../schemas/errors.js'
import { absent } from './absent.js'
import { anomaly } from './anomaly.js'
import { change } from './change.js'
import { composite } from './composite.js'
import { type Composite, type Condition, isChange, isComposite, isThreshold, type Part } from './condition.js'
import { type Fragment, labelsOf, readQuery } from './fragment.js'
import type { Known } from './known.js'
import { parseSpan } from './quantity.js'
import { threshold } from './threshold.js'

/** A rule's condition, ready to be judged. */
export interface Compiled {
  expr: Expr
  /** Of the expression: what the user sees. */
  text: string
  forMs: number
  keepFiringMs: number
  /** What was made of what was written: units, matching. */
  notes: readonly string[]
  /** Queries that give no series right now, if that is known. */
  silent: readonly string[]
}

/**
 * Compiles a condition of any kind to one PromQL expression.
 * @param query what it is about; says nothing for composite conditions, whose parts have their own
 * @throws TM_RULE_CONDITION that says what to write instead
 */
export function compile(rule: { name: string; metric_query: string; condition: Condition }, known: Known): Compiled {
  const { name, metric_query, condition } = rule
  try {
    const fragment = isComposite(condition)
      ? composite(condition, (part) => compileLeaf(part, known))
      : compileLeaf({ ...condition, metric_query }, known)
    const expr = parseExpr(fragment.text)
    return {
      expr,
      text: formatExpr(expr),
      forMs: condition.operator === 'absent' ? 0 : spanOf('duration', condition.duration),
      keepFiringMs: spanOf('keep_firing_for', condition.keep_firing_for),
      notes: [...new Set(fragment.notes)],
      silent: queriesOf(rule).filter((query) => known.results(query)?.length === 0),
    }
  } catch (cause) {
    throw new TidemarkError('TM_RULE_CONDITION', { rule: name, reason: (cause as Error).message }, cause)
  }
}

/** The queries whose results decide how a rule is compiled, and that must give something for it ever to fire. */
export function queriesOf({ metric_query, condition }: { metric_query: string; condition: Condition }): string[] {
  const ofPart = (part: Part): string[] =>
    isComposite(part) ? part.conditions.flatMap(ofPart) : part.operator === 'promql' ? [] : [part.metric_query]
  const found = isComposite(condition)
    ? condition.conditions.flatMap(ofPart)
    : condition.operator === 'promql'
      ? []
      : [metric_query]
  return [...new Set(found)]
}

function compileLeaf(part: Exclude<Part, Composite>, known: Known): Fragment {
  const { metric_query: query } = part
  if (isThreshold(part)) return threshold(query, part, known)
  if (isChange(part)) return change(query, part, known)
  if (part.operator === 'anomalous') return anomaly(query, part, known)
  if (part.operator === 'absent') return absent(query, part, known)
  const expr = readQuery(query)
  const isSet = expr.type === 'binary' && ['and', 'or', 'unless'].includes(expr.op)
  return { text: formatExpr(expr), isSet, labels: labelsOf(query, known), notes: [] }
}

function spanOf(name: string, text: string | undefined): number {
  const ms = text === undefined ? 0 : parseSpan(text)
  if (ms !== undefined) return ms
  throw new Error(`${name} "${text}" is no span of time: write one such as 5m or "5 minutes"`)
}
