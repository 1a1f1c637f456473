import type { QueryTimes } from '../promql/engine.js'
import type { Given, GivenByTime } from './ask.js'
import { type FillOptions, fillTemplates } from './fill-templates.js'
import { type Alerts, alertLabels, type Draft, judge } from './judge.js'
import type { AlertRule, RuleGroup } from './rule-file.js'

/** Answers what rules ask. */
export interface Asked {
  /** What the rule's expression gives at each of these times. @throws as the engine and the source do */
  ask(rule: AlertRule, times: QueryTimes): Promise<GivenByTime>
}

/** A rule, and what tells it from all others. */
export interface KeyedRule {
  rule: AlertRule
  key: string
  group: Pick<RuleGroup, 'intervalMs' | 'queryOffsetMs' | 'limit'>
}

/** Told of the alerts of a rule after each time that it was judged at. */
export type StepObserver = (alerts: Alerts, timeMs: number) => void

/**
 * Judges a rule at each of these times, one after the other: whoever judges a rule, live or over what is recorded, does
 * it with this.
 * @param before its alerts at the time before the first one
 * @param times of its group's grid
 * @returns its alerts after the last one
 * @throws what asking throws, and as {@link judge} does
 */
export async function judgeTimes(
  { rule, key, group }: KeyedRule,
  before: Alerts,
  times: QueryTimes,
  asked: Asked,
  options: FillOptions,
  onStep?: StepObserver,
): Promise<Alerts> {
  const { intervalMs: stepMs, queryOffsetMs = 0, limit } = group
  const { forMs, keepFiringMs, origin } = rule
  const rules = { key, stepMs, limit, forMs, keepFiringMs, origin }
  const given = await asked.ask(rule, askedTimes(times, group))
  let alerts = before
  for (let timeMs = times.startMs; timeMs <= times.endMs; timeMs += stepMs) {
    const drafts = await draftsOf(rule, given.get(timeMs - queryOffsetMs) ?? [], timeMs, options)
    alerts = judge(rules, alerts, drafts, timeMs)
    onStep?.(alerts, timeMs)
  }
  return alerts
}

/** The times that an expression is asked for, to judge a rule at these. */
export function askedTimes(
  { startMs, endMs, stepMs }: QueryTimes,
  { queryOffsetMs = 0 }: Pick<RuleGroup, 'queryOffsetMs'>,
): QueryTimes {
  return { startMs: startMs - queryOffsetMs, endMs: endMs - queryOffsetMs, stepMs }
}

/** Steps after which the alerts of a rule do not depend on what was before them, but for since when they are active. */
export function memorySteps({ forMs, keepFiringMs }: AlertRule, stepMs: number): number {
  return Math.ceil((forMs + keepFiringMs) / stepMs) + (keepFiringMs > 0 ? 1 : 0)
}

async function draftsOf(
  { alert, labels }: AlertRule,
  given: readonly Given[],
  timeMs: number,
  options: FillOptions,
): Promise<Draft[]> {
  const drafts: Draft[] = []
  for (const one of given) {
    const own = labels.length === 0 ? {} : await fillTemplates(labels, one, timeMs, options)
    drafts.push({ given: one, labels: alertLabels(one, own, alert) })
  }
  return drafts
}
