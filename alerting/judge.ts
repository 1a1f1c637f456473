import { createHash } from 'node:crypto'
import { isMetadataLabel } from '../promql/labels.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { type Finding, NEXT_STATE } from './alert-state.js'
import type { Given } from './ask.js'
import type { AlertRule } from './rule-file.js'

/** An alert whose annotations are not filled in yet: they are, for the last time that is judged. */
export type JudgedAlert = Omit<ActiveAlert, 'annotations'> & { annotations?: ActiveAlert['annotations']; given?: Given }

/** Alerts of a rule that are not inactive, by fingerprint. */
export type Alerts = ReadonlyMap<string, JudgedAlert>

/** A sample that the expression gave, and the alert's labels that come of it. */
export interface Draft {
  given: Given
  labels: Readonly<Record<string, string>>
}

/** What a rule is judged by. */
export interface JudgeRules extends Pick<AlertRule, 'forMs' | 'keepFiringMs' | 'origin'> {
  /** What tells the rule from all others. */
  key: string
  /** Time between two judgements, ms. */
  stepMs: number
  /** More alerts than this are a failure. */
  limit?: number
}

/** More alerts than the group allows: none of them stays, as in Prometheus. */
export class TooManyAlerts extends Error {}

/**
 * The alerts of a rule after it was judged at one time.
 * @param before its alerts after the judgement one step before
 * @param timeMs event time
 * @throws Error if the rule's labels make two of the given series one alert
 * @throws TooManyAlerts
 */
export function judge(rules: JudgeRules, before: Alerts, drafts: readonly Draft[], timeMs: number): Alerts {
  const after = new Map<string, JudgedAlert>()
  for (const draft of drafts) {
    const alert = judgeDraft(rules, before, draft, timeMs)
    if (after.has(alert.fingerprint)) throw new Error('two series of its expression have the same labels as alerts')
    after.set(alert.fingerprint, alert)
  }
  for (const [fingerprint, alert] of before) {
    if (after.has(fingerprint)) continue
    // The first judgement that finds nothing begins the time for which it is kept.
    const silentMs = timeMs - alert.seenMs - rules.stepMs
    const finding: Finding = silentMs < rules.keepFiringMs ? 'lingering' : 'gone'
    if (NEXT_STATE[alert.state][finding] !== 'inactive') after.set(fingerprint, alert)
  }
  const { limit = 0 } = rules
  if (limit > 0 && after.size > limit) throw new TooManyAlerts(`exceeded limit of ${limit} with ${after.size} alerts`)
  return after
}

/**
 * The labels of an alert: those of the series without its metric's name, and those of the rule; empty ones are none.
 * @param own those of the rule, filled in
 */
export function alertLabels(
  given: Given,
  own: Readonly<Record<string, string>>,
  alert: string,
): Readonly<Record<string, string>> {
  const series = Object.fromEntries(given.labels.filter(([name]) => !isMetadataLabel(name)))
  const kept = Object.entries({ ...series, ...own, alertname: alert }).filter(([, text]) => text !== '')
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function judgeDraft(rules: JudgeRules, before: Alerts, { given, labels }: Draft, timeMs: number): JudgedAlert {
  const fingerprint = fingerprintOf(rules.key, labels)
  const known = before.get(fingerprint)
  const activeMs = known?.activeMs ?? timeMs
  const finding: Finding = timeMs - activeMs >= rules.forMs ? 'due' : 'given'
  const isFiring = NEXT_STATE[known?.state ?? 'inactive'][finding] === 'firing'
  return {
    fingerprint,
    labels,
    given,
    state: isFiring ? 'firing' : 'pending',
    value: given.value,
    activeMs,
    firedMs: isFiring ? (known?.firedMs ?? timeMs) : undefined,
    seenMs: timeMs,
    ...(rules.origin && { origin: rules.origin }),
  }
}

function fingerprintOf(key: string, labels: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify([key, labels]))
    .digest('hex')
    .slice(0, 32)
}
