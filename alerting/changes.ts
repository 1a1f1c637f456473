import type { ActiveAlert, RuleGroupStatus } from '../schemas/ports/rules.js'

/** What became of alerts between two states of a group. */
export interface AlertChanges {
  fired: readonly ActiveAlert[]
  resolved: readonly ActiveAlert[]
}

/** Alerts that began to fire, and those that no longer do. */
export function alertChanges(before: readonly ActiveAlert[], after: RuleGroupStatus): AlertChanges {
  const firedBefore = new Map(firing(before).map((alert) => [alert.fingerprint, alert]))
  const firedAfter = new Map(firing(activeAlerts(after)).map((alert) => [alert.fingerprint, alert]))
  return {
    fired: [...firedAfter.values()].filter(({ fingerprint }) => !firedBefore.has(fingerprint)),
    resolved: [...firedBefore.values()].filter(({ fingerprint }) => !firedAfter.has(fingerprint)),
  }
}

/** All alerts of a group. */
export function activeAlerts({ rules }: RuleGroupStatus): ActiveAlert[] {
  return rules.flatMap(({ alerts }) => alerts)
}

function firing(alerts: readonly ActiveAlert[]): ActiveAlert[] {
  return alerts.filter(({ state }) => state === 'firing')
}
