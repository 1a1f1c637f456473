import type { HeldAlert } from './alert.js'
import { everyoneKnows, type FlushRound } from './flush-round.js'
import type { Labels } from './match/label-matchers.js'
import { groupKeyOf, type Route } from './route.js'

/** Alerts of a route that are told together. */
export class AggregationGroup {
  readonly route: Route
  readonly labels: Labels
  readonly key: string
  readonly alerts = new Map<string, HeldAlert>()
  /** When it is looked at next, ms. */
  dueMs: number
  /** The look that is not over yet; the next one waits for it. */
  round: FlushRound | undefined

  /** @param first what it is made for: one that is old enough is not waited with */
  constructor(route: Route, labels: Labels, first: HeldAlert, nowMs: number) {
    this.route = route
    this.labels = labels
    this.key = groupKeyOf(route, labels)
    this.alerts.set(first.fingerprint, first)
    const isOld = first.startsMs + route.groupWaitMs <= nowMs
    this.dueMs = isOld ? nowMs : nowMs + route.groupWaitMs
  }

  /** When something is to be done about it, ms. */
  nextMs(): number {
    const { round } = this
    if (!round) return this.dueMs
    return Math.min(...round.tellings.filter(({ isOver }) => !isOver).map((one) => one.nextMs(round.deadlineMs)))
  }

  /** Ends the look: what was resolved leaves, if everyone knows of it and it did not fire again meanwhile. */
  finish(): void {
    const { round } = this
    this.round = undefined
    if (!round || !everyoneKnows(round)) return
    for (const { fingerprint, updatedMs } of round.resolved) {
      if (this.alerts.get(fingerprint)?.updatedMs === updatedMs) this.alerts.delete(fingerprint)
    }
  }
}
