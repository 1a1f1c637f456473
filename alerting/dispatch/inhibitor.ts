import { type HeldAlert, isResolved } from './alert.js'
import type { InhibitRule } from './config/dispatch-config.js'
import { type Labels, labelValue } from './match/label-matchers.js'

/** Sources of a rule by the values of its equal labels. */
interface RuleSources {
  rule: InhibitRule
  sources: Map<string, Map<string, HeldAlert>>
}

/** Which alerts are muted because others fire. */
export class Inhibitor {
  readonly #rules: readonly RuleSources[]

  constructor(rules: readonly InhibitRule[], alerts: readonly HeldAlert[]) {
    this.#rules = rules.map((rule) => ({ rule, sources: new Map() }))
    for (const alert of alerts) this.note(alert)
  }

  /** Takes over how an alert stands now. */
  note(alert: HeldAlert): void {
    for (const { rule, sources } of this.#rules) {
      if (!rule.isSource(alert.labels)) continue
      const key = equalKey(rule, alert.labels)
      const known = sources.get(key)
      if (known) known.set(alert.fingerprint, alert)
      else sources.set(key, new Map([[alert.fingerprint, alert]]))
    }
  }

  /** Fingerprints of alerts that mute one of these labels. What is source and target of a rule at once mutes no other such. */
  mutedBy(labels: Labels, nowMs: number): string[] {
    const found = this.#rules.flatMap(({ rule, sources }) => {
      if (!rule.isTarget(labels)) return []
      const isBoth = rule.isSource(labels)
      const equal = [...(sources.get(equalKey(rule, labels))?.values() ?? [])]
      return equal.filter((source) => !isResolved(source, nowMs) && !(isBoth && rule.isTarget(source.labels)))
    })
    return [...new Set(found.map(({ fingerprint }) => fingerprint))]
  }

  /** Forgets sources that are resolved. */
  collect(nowMs: number): void {
    for (const { sources } of this.#rules) {
      for (const [key, alerts] of sources) {
        for (const [fingerprint, alert] of alerts) if (isResolved(alert, nowMs)) alerts.delete(fingerprint)
        if (alerts.size === 0) sources.delete(key)
      }
    }
  }
}

function equalKey({ equal }: InhibitRule, labels: Labels): string {
  return JSON.stringify(equal.map((name) => labelValue(labels, name)))
}
