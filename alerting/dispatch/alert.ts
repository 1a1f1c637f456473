import { createHash } from 'node:crypto'
import { compare, isUnicode, type Labels } from './match/label-matchers.js'

/** An alert as it was told to us last, all tellings of one stretch of activity merged. */
export interface HeldAlert {
  /** The same as long as its labels are. */
  fingerprint: string
  labels: Labels
  annotations: Labels
  /** ms since epoch. */
  startsMs: number
  /** When it ends, ms; in the future as long as it fires, infinity if only a later telling ends it. */
  endsMs: number
  /** When it was told last, ms. */
  updatedMs: number
  /** True if its end was not told, but follows from how long it may be silent. */
  isTimeout: boolean
  /** What its expression gave; unknown of alerts that others sent. */
  value?: number
  /** Where its origin can be looked at. */
  generatorUrl?: string
}

/** An alert as it is told: times may be left out. */
export interface ToldAlert {
  labels: Labels
  annotations: Labels
  startsMs?: number
  endsMs?: number
  value?: number
  generatorUrl?: string
}

/**
 * The alert that was told at `nowMs`: left out, it starts now, and ends once it was silent for `resolveTimeoutMs`.
 * Labels without a value are none.
 * @throws Error that says what is wrong with it
 */
export function heldAlert(told: ToldAlert, nowMs: number, resolveTimeoutMs: number): HeldAlert {
  const labels = Object.fromEntries(Object.entries(told.labels).filter(([, value]) => value !== ''))
  const alert: HeldAlert = {
    ...told,
    fingerprint: fingerprintOf(labels),
    labels,
    startsMs: told.startsMs ?? told.endsMs ?? nowMs,
    endsMs: told.endsMs ?? nowMs + resolveTimeoutMs,
    updatedMs: nowMs,
    isTimeout: told.endsMs === undefined,
  }
  const names = [...Object.keys(labels), ...Object.keys(told.annotations)]
  if (Object.keys(labels).length === 0) throw new Error('it has no label with a value')
  if (names.includes('')) throw new Error('a label or annotation has no name')
  if (!texts(told).every(isUnicode)) throw new Error('a label or annotation is not UTF-8')
  if (texts(told).some((text) => text.includes('\0'))) throw new Error('a label or annotation has a null character')
  if (alert.endsMs < alert.startsMs) throw new Error('it ends before it starts')
  return alert
}

/** 16 hexadecimal digits that only these labels have. */
export function fingerprintOf(labels: Labels): string {
  const names = Object.keys(labels).sort(compare)
  const hash = createHash('sha256').update(JSON.stringify(names.map((name) => [name, labels[name]])))
  return hash.digest('hex').slice(0, 16)
}

/** True once it has ended. */
export function isResolved({ endsMs }: Pick<HeldAlert, 'endsMs'>, nowMs: number): boolean {
  return endsMs <= nowMs
}

/**
 * What is known of an alert after it was told again: as it was told last, but since the earliest start, if both
 * tellings are of one stretch of activity. Of two ends the later one counts, and one that was told more than one that
 * follows from silence.
 */
export function mergedAlert(before: HeldAlert, told: HeldAlert, nowMs: number): HeldAlert {
  if (!overlaps(before, told)) return told
  const [older, younger] = told.updatedMs < before.updatedMs ? [told, before] : [before, told]
  const isLater = older.endsMs > younger.endsMs
  const keepsEnd = isLater && (isResolved(younger, nowMs) ? isResolved(older, nowMs) : !older.isTimeout)
  return {
    ...younger,
    startsMs: Math.min(older.startsMs, younger.startsMs),
    endsMs: keepsEnd ? older.endsMs : younger.endsMs,
  }
}

function overlaps(before: HeldAlert, told: HeldAlert): boolean {
  const isWithin = (timeMs: number) => timeMs > before.startsMs && timeMs < before.endsMs
  return isWithin(told.endsMs) || isWithin(told.startsMs)
}

/** Order in which alerts of a group are told: by job, by instance, then by all labels. */
export function compareAlerts(a: Pick<HeldAlert, 'labels'>, b: Pick<HeldAlert, 'labels'>): number {
  for (const name of ['job', 'instance']) {
    const [one, other] = [a.labels[name], b.labels[name]]
    if (one === other) continue
    if (one === undefined) return 1
    if (other === undefined) return -1
    return compare(one, other)
  }
  return compare(sortKey(a.labels), sortKey(b.labels))
}

function sortKey(labels: Labels): string {
  const names = Object.keys(labels).sort(compare)
  return names.map((name) => `${name}\u0000${labels[name]}\u0000`).join('')
}

function texts({ labels, annotations }: ToldAlert): string[] {
  return [labels, annotations].flatMap((one) => Object.entries(one).flat())
}
