import type { QueryTimes } from '../promql/engine.js'
import { type Alerts, judge } from './judge.js'
import type { Round } from './round.js'
import type { AlertRule } from './rule-file.js'

/** Answers what rules ask. */
export type Asked = Pick<Round, 'ask'>

/** Told of the alerts of a rule after each time that it was judged at. */
export type StepObserver = (alerts: Alerts, timeMs: number) => void

/**
 * Judges a rule at each of these times, one after the other: whoever judges a rule, live or over what is recorded, does
 * it with this.
 * @param key what tells the rule from all others
 * @param before its alerts at the time before the first one
 * @returns its alerts after the last one
 * @throws what asking throws, and as {@link judge} does
 */
export async function judgeTimes(
  { rule, key, before }: { rule: AlertRule; key: string; before: Alerts },
  times: QueryTimes,
  asked: Asked,
  onStep?: StepObserver,
): Promise<Alerts> {
  const given = await asked.ask(rule, times)
  let alerts = before
  for (let timeMs = times.startMs; timeMs <= times.endMs; timeMs += times.stepMs) {
    alerts = judge(rule, key, alerts, given.get(timeMs) ?? [], timeMs)
    onStep?.(alerts, timeMs)
  }
  return alerts
}

/** Steps after which the alerts of a rule do not depend on what was before them, but for since when they are active. */
export function memorySteps({ forMs, keepFiringMs }: AlertRule, stepMs: number): number {
  return Math.ceil((forMs + keepFiringMs) / stepMs)
}
