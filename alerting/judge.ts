import { createHash } from 'node:crypto'
import { isMetadataLabel, type LabelSet } from '../promql/labels.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { type Finding, NEXT_STATE } from './alert-state.js'
import type { AlertRule } from './rule-file.js'

/** What the expression of a rule gave at a time. */
export interface Given {
  labels: LabelSet
  value: number
}

/** Alerts of a rule that are not inactive, by fingerprint. */
export type Alerts = ReadonlyMap<string, ActiveAlert>

/**
 * The alerts of a rule after it was judged at one time.
 * @param key what tells the rule from all others
 * @param before its alerts after the judgement before
 * @param timeMs event time, later than that of any judgement before
 * @throws Error if the rule's labels make two of the given series one alert
 */
export function judge(rule: AlertRule, key: string, before: Alerts, given: readonly Given[], timeMs: number): Alerts {
  const after = new Map<string, ActiveAlert>()
  for (const one of given) {
    const alert = judgeGiven(rule, key, before, one, timeMs)
    if (after.has(alert.fingerprint)) throw new Error('two series of its expression have the same labels as alerts')
    after.set(alert.fingerprint, alert)
  }
  for (const [fingerprint, alert] of before) {
    if (after.has(fingerprint)) continue
    const finding: Finding = timeMs - alert.seenMs < rule.keepFiringMs ? 'lingering' : 'gone'
    if (NEXT_STATE[alert.state][finding] !== 'inactive') after.set(fingerprint, alert)
  }
  return after
}

function judgeGiven(rule: AlertRule, key: string, before: Alerts, given: Given, timeMs: number): ActiveAlert {
  const { value } = given
  const series = Object.fromEntries(given.labels.filter(([name]) => !isMetadataLabel(name)))
  const values = { labels: series, value }
  const own = Object.fromEntries(rule.labels.map(({ name, fill }) => [name, fill(values)]))
  const labels = withoutEmpty({ ...series, ...own, alertname: rule.alert })
  const annotations = Object.fromEntries(rule.annotations.map(({ name, fill }) => [name, fill(values)]))
  const fingerprint = fingerprintOf(key, labels)
  const known = before.get(fingerprint)
  const activeMs = known?.activeMs ?? timeMs
  const finding: Finding = timeMs - activeMs >= rule.forMs ? 'due' : 'given'
  const isFiring = NEXT_STATE[known?.state ?? 'inactive'][finding] === 'firing'
  return {
    fingerprint,
    labels,
    annotations,
    state: isFiring ? 'firing' : 'pending',
    value,
    activeMs,
    firedMs: isFiring ? (known?.firedMs ?? timeMs) : undefined,
    seenMs: timeMs,
    ...(rule.origin && { origin: rule.origin }),
  }
}

function withoutEmpty(labels: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(labels).filter(([, text]) => text !== '')
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function fingerprintOf(key: string, labels: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify([key, labels]))
    .digest('hex')
    .slice(0, 32)
}
