import { type HeldAlert, isResolved, mergedAlert } from './alert.js'

/** Every alert that was told and not forgotten yet. */
export class AlertSet {
  readonly #alerts: Map<string, HeldAlert>

  constructor(alerts: readonly HeldAlert[] = []) {
    this.#alerts = new Map(alerts.map((alert) => [alert.fingerprint, alert]))
  }

  /** Adds what was told. @returns the alert as it stands now */
  put(told: HeldAlert, nowMs: number): HeldAlert {
    const before = this.#alerts.get(told.fingerprint)
    const alert = before ? mergedAlert(before, told, nowMs) : told
    this.#alerts.set(alert.fingerprint, alert)
    return alert
  }

  get(fingerprint: string): HeldAlert | undefined {
    return this.#alerts.get(fingerprint)
  }

  all(): HeldAlert[] {
    return [...this.#alerts.values()]
  }

  /** Forgets the resolved ones that nobody needs any more. @returns them */
  collect(nowMs: number, isNeeded: (fingerprint: string) => boolean): HeldAlert[] {
    const gone = this.all().filter((alert) => isResolved(alert, nowMs) && !isNeeded(alert.fingerprint))
    for (const { fingerprint } of gone) this.#alerts.delete(fingerprint)
    return gone
  }
}
