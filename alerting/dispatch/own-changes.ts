import { isDeepStrictEqual } from 'node:util'
import { type HeldAlert, heldAlert, isResolved, type ToldAlert } from './alert.js'

/** What the dispatcher is to be told of the alerts that were judged here. */
export interface OwnChanges {
  /** Those that fire, where something about them is new. */
  fired: readonly HeldAlert[]
  /** Those that fired and do no longer. */
  resolved: readonly HeldAlert[]
}

/**
 * What became of the alerts judged here.
 * @param before as the dispatcher holds them, resolved ones too, by fingerprint
 * @param firing all that fire now
 */
export function ownChanges(
  before: ReadonlyMap<string, HeldAlert>,
  firing: readonly ToldAlert[],
  nowMs: number,
): OwnChanges {
  const now = new Map(firing.map((told) => heldAlert(told, nowMs, 0)).map((alert) => [alert.fingerprint, alert]))
  const isNew = (alert: HeldAlert) => {
    const known = before.get(alert.fingerprint)
    return !known || isResolved(known, nowMs) || !isDeepStrictEqual(contentOf(known), contentOf(alert))
  }
  const isGone = (alert: HeldAlert) => !isResolved(alert, nowMs) && !now.has(alert.fingerprint)
  return {
    fired: [...now.values()].filter(isNew),
    resolved: [...before.values()].filter(isGone).map((alert) => ({ ...alert, endsMs: nowMs, updatedMs: nowMs })),
  }
}

function contentOf({ annotations, value, startsMs }: HeldAlert) {
  return { annotations, value, startsMs }
}
