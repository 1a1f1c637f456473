import { TidemarkError } from '../../schemas/errors.js'
import type { Clock, TimeRange } from '../../schemas/time.js'
import { backtest } from '../backtest/backtest.js'
import { judgeableMs, type RuleSource } from '../evaluate.js'
import { type Compiled, compile, queriesOf } from '../kinds/compile.js'
import { describe } from '../kinds/describe.js'
import { NOTHING_KNOWN } from '../kinds/known.js'
import { asGroup, promqlOf } from './as-group.js'
import { type KnownOptions, knownData } from './known-data.js'
import { type ApplyAction, planApply } from './plan-apply.js'
import { type Rule, readRule } from './rule.js'
import type { RuleStore, StoredRule } from './rule-store.js'

/** Where rules are managed: what the API and its command line work with. */
export interface RuleDeskParts extends Omit<KnownOptions, 'nowMs'> {
  rules: RuleStore
  clock: Clock
  open: () => Promise<RuleSource>
  /** Of rules that name no interval. */
  intervalMs: number
  /** Points of a time come until so long after it, ms. */
  delayMs: number
}

/** A rule as it is told. */
export interface ToldRule extends Rule {
  /** Its condition as a sentence. */
  when: string
  /** What it is judged by; left out if it cannot be compiled. */
  promql?: string
  /** Why it cannot be judged. */
  error?: string
  version: number
  created_ms: number
  updated_ms: number
}

/** What applying one rule did, or would do. */
export interface AppliedRule {
  rule_id: string
  name: string
  action: ApplyAction
  /** Fields that became different. */
  changes: readonly string[]
  promql: string
  /** What was made of what was written. */
  notes: readonly string[]
  /** What may keep it from ever firing, and what to do. */
  warnings: readonly string[]
}

/** Manages the rules of the table. Everything throws TM_CATALOG_UNAVAILABLE (retriable) too. */
export class RuleDesk {
  readonly #parts: RuleDeskParts

  constructor(parts: RuleDeskParts) {
    this.#parts = parts
  }

  async list(): Promise<ToldRule[]> {
    return (await this.#parts.rules.list()).map(told)
  }

  /** @throws TM_NOT_FOUND */
  async get(ruleId: string): Promise<ToldRule> {
    return told(await this.stored(ruleId))
  }

  /** @throws TM_NOT_FOUND */
  async stored(ruleId: string): Promise<StoredRule> {
    const stored = await this.#parts.rules.get(ruleId)
    if (stored) return stored
    throw notFound(ruleId)
  }

  /**
   * Compiles rules against the data that there are, and stores them, all or none.
   * @param inputs as users write them
   * @param dryRun tells what would be done, and stores nothing
   * @throws TM_RULE, TM_RULE_CONDITION, TM_RULE_FILE
   */
  async apply(inputs: readonly unknown[], dryRun: boolean): Promise<AppliedRule[]> {
    const { rules, clock, intervalMs } = this.#parts
    const wanted = inputs.map(readRule)
    const compiled = await this.compile(wanted)
    // Labels, annotations and times have to be right as well.
    for (const rule of wanted) asGroup(rule, compiled.get(rule)!.text, intervalMs)
    const promql = (rule: Rule) => compiled.get(rule)!.text
    const planned = dryRun ? planApply(wanted, await this.#storedRules()) : await rules.apply(wanted, promql, clock())
    return planned.map(({ rule, action, changes }) => {
      const { text, notes, silent } = compiled.get(rule)!
      const warnings = silent.map((query) => silence(query))
      return { rule_id: rule.rule_id, name: rule.name, action, changes, promql: text, notes, warnings }
    })
  }

  /** What each rule becomes, with what the data tell of units and labels. @throws TM_RULE_CONDITION */
  async compile(rules: readonly Rule[]): Promise<Map<Rule, Compiled>> {
    // What cannot be compiled at all is told before anything is asked.
    for (const rule of rules) compile(rule, NOTHING_KNOWN)
    const queries = new Set(rules.flatMap(queriesOf))
    const known = await knownData([...queries], { ...this.#parts, nowMs: this.#parts.clock() })
    return new Map(rules.map((rule) => [rule, compile(rule, known)]))
  }

  /** @throws TM_NOT_FOUND */
  async setEnabled(ruleId: string, enabled: boolean): Promise<ToldRule> {
    const { rules, clock } = this.#parts
    if (!(await rules.setEnabled(ruleId, enabled, clock()))) throw notFound(ruleId)
    return this.get(ruleId)
  }

  /** @throws TM_NOT_FOUND */
  async delete(ruleId: string): Promise<void> {
    if (!(await this.#parts.rules.delete(ruleId))) throw notFound(ruleId)
  }

  /**
   * The incidents that a rule would have had on what is recorded.
   * @param wanted the id of a stored rule, or one as users write it
   * @throws TM_NOT_FOUND, TM_RULE, TM_RULE_CONDITION
   */
  async backtest(wanted: { ruleId?: string; input?: unknown }, range: TimeRange) {
    const { open, limits, clock, intervalMs, delayMs } = this.#parts
    const stored = wanted.ruleId === undefined ? undefined : await this.stored(wanted.ruleId)
    const rule = stored?.rule ?? readRule(wanted.input)
    const promql = stored?.promql ?? (await this.compile([rule])).get(rule)!.text
    const group = asGroup(rule, promql, intervalMs)
    // What is not complete yet is not judged live either.
    const endMs = Math.min(range.endMs, judgeableMs(group, clock(), delayMs))
    const judged = { startMs: range.startMs, endMs: Math.max(range.startMs, endMs) }
    const begin = { rule_id: rule.rule_id, promql, range: judged }
    return { begin, events: backtest(group, judged, { open, limits }) }
  }

  async #storedRules(): Promise<Map<string, Rule>> {
    return new Map((await this.#parts.rules.list()).map(({ rule }) => [rule.rule_id, rule]))
  }
}

function told({ rule, promql, version, createdMs, updatedMs }: StoredRule): ToldRule {
  const facts = { ...rule, version, created_ms: createdMs, updated_ms: updatedMs }
  try {
    return { ...facts, when: describe(rule), promql: promqlOf(rule, promql) }
  } catch (thrown) {
    return { ...facts, when: rule.metric_query, error: (thrown as Error).message }
  }
}

function silence(query: string): string {
  return `no series matches ${query} right now: check name and labels (\`tidemark query '${query}'\`), or send points; until then it cannot fire`
}

function notFound(ruleId: string): TidemarkError {
  return new TidemarkError('TM_NOT_FOUND', {
    what: `a rule ${ruleId}`,
    fix: '`tidemark rules list` shows names and ids',
  })
}
