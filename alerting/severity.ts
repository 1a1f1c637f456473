import { SEVERITIES, type Severity } from '../schemas/severity.js'

/** Of alerts that name none, or one that is not known: somebody should look, nobody need be woken. */
const UNSAID: Severity = 'P3'

/** What people and other systems write into the label `severity`. */
const SYNONYMS: Readonly<Record<string, Severity>> = {
  p1: 'P1',
  p2: 'P2',
  p3: 'P3',
  p4: 'P4',
  critical: 'P1',
  page: 'P1',
  emergency: 'P1',
  error: 'P2',
  high: 'P2',
  major: 'P2',
  warning: 'P3',
  minor: 'P3',
  info: 'P4',
  low: 'P4',
  none: 'P4',
}

/** The severity that an alert's label `severity` means. */
export function severityOf(labels: Readonly<Record<string, string>>): Severity {
  const text = (labels.severity ?? '').toLowerCase()
  return Object.hasOwn(SYNONYMS, text) ? SYNONYMS[text] : UNSAID
}

/** True if `one` is worse than `other`. */
export function isWorse(one: Severity, other: Severity): boolean {
  return SEVERITIES.indexOf(one) < SEVERITIES.indexOf(other)
}

/** The worst of them; P4 of none. */
export function worst(severities: readonly Severity[]): Severity {
  return SEVERITIES.find((severity) => severities.includes(severity)) ?? 'P4'
}
