import { type Composite, isComposite, isThreshold, type Part } from './condition.js'
import type { Fragment } from './fragment.js'
import { sharedLabels } from './shared-labels.js'

/** Compiles one part that is no connective. */
export type LeafCompiler = (part: Exclude<Part, Composite>) => Fragment

/** The comparison that holds where the other one does not. */
const OPPOSITE = { '>': '<=', '>=': '<', '<': '>=', '<=': '>', '==': '!=', '!=': '==' } as const

/**
 * `error_rate > 3% AND latency_p99 > 500ms`: conditions connected. Series belong together if the labels that both sides
 * have are equal, or those that `per` names.
 * @throws Error that says what to write instead
 */
export function composite(condition: Composite, compile: LeafCompiler): Fragment {
  const parts = condition.conditions.map((part) => simplified(part))
  if (condition.operator === 'NOT') {
    if (parts.length !== 1) throw new Error(`NOT takes one condition, not ${parts.length}`)
    return compilePart(opposite(parts[0]), compile)
  }
  return condition.operator === 'AND' ? together(parts, condition, compile) : either(parts, condition, compile)
}

function compilePart(part: Part, compile: LeafCompiler): Fragment {
  return isComposite(part) ? composite(part, compile) : compile(part)
}

/** All of them: what must not hold is taken away from what must. */
function together(parts: readonly Part[], condition: Composite, compile: LeafCompiler): Fragment {
  const wanted: Part[] = parts.filter((part) => !isNot(part))
  const unwanted: Part[] = parts.filter(isNot).map(({ conditions }) => conditions[0])
  // With nothing to take it away from, the first one is turned round.
  if (wanted.length === 0) wanted.push(opposite(unwanted.shift()!))
  const [first, ...others] = wanted.map((part) => compilePart(part, compile))
  const joined = others.reduce((left, right) => connect(left, 'and', right, condition), first)
  return unwanted
    .map((part) => compilePart(part, compile))
    .reduce((left, right) => connect(left, 'unless', right, condition), joined)
}

function either(parts: readonly Part[], condition: Composite, compile: LeafCompiler): Fragment {
  const [first, ...others] = parts.map((part) =>
    compilePart(isNot(part) ? opposite(part.conditions[0]) : part, compile),
  )
  return others.reduce((left, right) => connect(left, 'or', right, condition), first)
}

function connect(left: Fragment, operator: 'and' | 'or' | 'unless', right: Fragment, { per }: Composite): Fragment {
  const on = per ?? sharedLabels(left.labels, right.labels)
  const notes = [...left.notes, ...right.notes]
  if (!per && on) notes.push(matchNote(on))
  const matching = on ? ` on (${on.join(', ')})` : ''
  const [one, other] = [left, right].map(({ text, isSet }) => (isSet ? `(${text})` : text))
  const labels = operator === 'or' ? left.labels && right.labels && [...left.labels, ...right.labels] : left.labels
  return { text: `${one} ${operator}${matching} ${other}`, isSet: true, labels, notes: [...new Set(notes)] }
}

function matchNote(on: readonly string[]): string {
  if (on.length === 0) return 'the conditions have no label in common: each series of one goes with all of the other'
  return `series belong together by ${on.join(', ')}, which both conditions have; "PER label, …" chooses others`
}

function isNot(part: Part): part is Composite {
  return part.operator === 'NOT'
}

/** Without NOT NOT. */
function simplified(part: Part): Part {
  if (!isNot(part)) return part
  const [inner] = part.conditions
  if (part.conditions.length !== 1) throw new Error(`NOT takes one condition, not ${part.conditions.length}`)
  return isNot(inner) ? simplified(inner.conditions[0]) : part
}

/** The condition that holds where this one does not. @throws Error if that needs something that it is taken away from */
function opposite(part: Part): Part {
  if (isComposite(part)) {
    if (part.operator === 'NOT') return simplified(part.conditions[0])
    const negated = part.conditions.map((one): Part => simplified({ operator: 'NOT', conditions: [one] }))
    return { ...part, operator: part.operator === 'AND' ? 'OR' : 'AND', conditions: negated }
  }
  if (isThreshold(part)) return { ...part, operator: OPPOSITE[part.operator] }
  if (part.operator === 'absent' && !part.each) return { operator: 'promql', metric_query: part.metric_query }
  throw new Error(
    `NOT (${part.metric_query} ${part.operator} …) alone names no series: connect it with a condition that does, as in \`x > 1 AND NOT …\``,
  )
}
