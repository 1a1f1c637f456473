import type { Change, Comparison, Composite, Condition, Part, Times } from './condition.js'
import { parseQuantity, parseSpan } from './quantity.js'
import { isWrapped, splitAt, type Token, topLevel } from './top-level.js'

/** What a sentence says. */
export interface Sentence {
  metric_query: string
  condition: Condition
}

const COMPARES: ReadonlySet<string> = new Set(['>', '>=', '<', '<=', '==', '!='])
const CHANGE = /^(?:by\s+)?(?:>|more\s+than\s+)?\s*(\S.*?)\s+(?:in|within|over)\s+(.+)$/i
const ANOMALOUS = /^(?:(above|below)\b)?\s*(?:with\s+(?:(low|medium|high)\s+sensitivity|sensitivity\s+([\d.]+)))?$/i
/** What PromQL alone says: then the whole is a query. */
const PLAIN_PROMQL = /\b(?:and|or|unless)\s+(?:on|ignoring)\s*\(|\bunless\b/

/**
 * Reads the sentence form of a condition:
 * `api_error_rate > 5% FOR 5 minutes`, `cpu_usage increases > 30% in 10 minutes`, `api_latency is anomalous above`,
 * `heartbeat is absent FOR 5m`, and these connected by AND, OR, NOT and parentheses, `PER label, label` behind them.
 * What is none of these is taken as PromQL that gives something when the rule is to fire.
 * @throws Error that says what is not understood
 */
export function parseSentence(text: string): Sentence {
  let rest = text.trim()
  const times: Times = {}
  const keep = cutTail(rest, ['KEEP', 'FIRING', 'FOR'])
  if (keep) [rest, times.keep_firing_for] = keep
  const held = cutTail(rest, ['FOR'])
  if (held) [rest, times.duration] = held
  const [clause, per] = cutPer(rest)
  if (clause === '') throw new Error('it names no condition: write one such as `api_error_rate > 5% FOR 5 minutes`')
  const part = readClause(clause)
  if ('conditions' in part) return { metric_query: clause, condition: { ...part, ...(per && { per }), ...times } }
  if (per) throw new Error('PER is for conditions that are connected by AND or OR: leave it away')
  const { metric_query, ...condition } = part
  return { metric_query, condition: { ...condition, ...times } }
}

/** Cuts off the last `WORDS span`. @returns what is before it, and the span */
function cutTail(text: string, words: readonly string[]): [string, string] | undefined {
  const tokens = topLevel(text)
  for (let i = tokens.length - words.length; i > 0; i--) {
    if (!words.every((word, k) => tokens[i + k].text.toUpperCase() === word)) continue
    const span = text.slice(tokens[i + words.length - 1].to).trim()
    if (parseSpan(span) !== undefined) return [text.slice(0, tokens[i].from).trim(), span]
    throw new Error(`"${span}" after ${words.join(' ')} is no span of time: write one such as 5m or 5 minutes`)
  }
  return undefined
}

function cutPer(text: string): [string, string[] | undefined] {
  const at = topLevel(text).findLast((token) => token.text === 'PER')
  if (!at) return [text, undefined]
  const labels = text
    .slice(at.to)
    .split(',')
    .map((label) => label.trim())
  if (labels.every((label) => /^\w+$/.test(label))) return [text.slice(0, at.from).trim(), labels]
  throw new Error(`"${text.slice(at.to).trim()}" after PER is no list of labels: write such as PER service, region`)
}

function readClause(text: string): Part {
  if (PLAIN_PROMQL.test(text)) return { metric_query: text, operator: 'promql' }
  for (const operator of ['OR', 'AND'] as const) {
    const parts = splitAt(text, operator)
    if (parts.length === 1) continue
    if (parts.includes('')) throw new Error(`something is missing beside ${operator}`)
    return { operator, conditions: parts.map(readClause) }
  }
  const [first] = topLevel(text)
  if (first?.from === 0 && first.text.toUpperCase() === 'NOT') {
    return { operator: 'NOT', conditions: [readClause(text.slice(first.to).trim())] }
  }
  return isWrapped(text) && isCondition(text.slice(1, -1)) ? readClause(text.slice(1, -1).trim()) : readPredicate(text)
}

/** True if it is more than a query. */
function isCondition(text: string): boolean {
  const part = readClause(text.trim())
  return 'conditions' in part || part.operator !== 'promql'
}

function readPredicate(text: string): Exclude<Part, Composite> {
  const tokens = topLevel(text)
  return (
    readChange(text, tokens) ??
    readState(text, tokens) ??
    readComparison(text, tokens) ?? { metric_query: text, operator: 'promql' }
  )
}

function readChange(text: string, tokens: readonly Token[]): (Change & { metric_query: string }) | undefined {
  const verb = tokens.find(({ text: word, from }) => from > 0 && /^(increases|decreases|changes)$/i.test(word))
  if (!verb) return undefined
  const rest = text.slice(verb.to).trim()
  const match = CHANGE.exec(rest)
  if (!match || parseSpan(match[2]) === undefined) {
    throw new Error(`"${verb.text} ${rest}" is not understood: write such as \`${verb.text} > 30% in 10 minutes\``)
  }
  const operator = verb.text.toLowerCase() as Change['operator']
  return { metric_query: queryBefore(text, verb), operator, threshold: amountOf(match[1]), within: match[2].trim() }
}

/** `is anomalous …`, `is absent`. */
function readState(text: string, tokens: readonly Token[]): Exclude<Part, Composite> | undefined {
  const at = tokens.findIndex(({ text: word }, i) => word.toLowerCase() === 'is' && i + 1 < tokens.length)
  const state = tokens[at + 1]?.text.toLowerCase()
  if (at < 0 || (state !== 'anomalous' && state !== 'absent')) return undefined
  const query = queryBefore(text, tokens[at])
  const rest = text.slice(tokens[at + 1].to).trim()
  if (state === 'absent') {
    if (rest !== '')
      throw new Error(`"${rest}" after "is absent" is not understood: write such as \`is absent FOR 5m\``)
    const each = /^each\s+/i.exec(query)
    return { metric_query: query.slice(each?.[0].length ?? 0), operator: 'absent', ...(each && { each: true }) }
  }
  const match = ANOMALOUS.exec(rest)
  if (!match)
    throw new Error(
      `"is anomalous ${rest}" is not understood: write such as \`is anomalous above with high sensitivity\``,
    )
  const [, direction, level, score] = match
  return {
    metric_query: query,
    operator: 'anomalous',
    ...(direction && { direction: direction.toLowerCase() as 'above' | 'below' }),
    ...(level && { sensitivity: level.toLowerCase() as 'low' | 'medium' | 'high' }),
    ...(score && { sensitivity: Number(score) }),
  }
}

function readComparison(text: string, tokens: readonly Token[]): Exclude<Part, Composite> | undefined {
  const operator = tokens.findLast(({ text: word }) => COMPARES.has(word))
  if (!operator || !parseQuantity(text.slice(operator.to))) return undefined
  const threshold = amountOf(text.slice(operator.to).trim())
  return { metric_query: queryBefore(text, operator), operator: operator.text as Comparison, threshold }
}

/** A number where no unit is written. */
function amountOf(text: string): number | string {
  const quantity = parseQuantity(text)
  return quantity && !quantity.unit ? quantity.number : text
}

function queryBefore(text: string, { from, text: word }: Token): string {
  const query = text.slice(0, from).trim()
  if (query !== '') return query
  throw new Error(`nothing stands before "${word}": write the metric or query that it is about`)
}
