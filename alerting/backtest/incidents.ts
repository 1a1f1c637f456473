import type { Alerts } from '../judge.js'

/** A stretch of time in which one alert fired. */
export interface BacktestIncident {
  labels: Readonly<Record<string, string>>
  /** Since when its expression gave something, ms. */
  activeMs: number
  /** When it began to fire, ms. */
  startMs: number
  /** When it no longer did; undefined if it still fires at the end. */
  endMs?: number
  /** The value that was furthest on the wrong side. */
  worst: number
  worstMs: number
}

/** True if `value` is worse than `than`. */
export type Worse = (value: number, than: number) => boolean

/** Follows the alerts of a rule from step to step and tells its incidents. */
export class IncidentRecorder {
  readonly #worse: Worse
  readonly #open = new Map<string, BacktestIncident>()
  readonly #closed: BacktestIncident[] = []

  constructor(worse: Worse) {
    this.#worse = worse
  }

  /** Takes the alerts after a time. Times ascend. */
  step(alerts: Alerts, timeMs: number): void {
    for (const [fingerprint, alert] of alerts) {
      if (alert.state !== 'firing') continue
      const { value, seenMs } = alert
      const open = this.#open.get(fingerprint)
      if (!open) {
        const { labels, activeMs, firedMs = timeMs } = alert
        this.#open.set(fingerprint, { labels, activeMs, startMs: firedMs, worst: value, worstMs: seenMs })
      } else if (this.#worse(value, open.worst)) Object.assign(open, { worst: value, worstMs: seenMs })
    }
    for (const [fingerprint, incident] of this.#open) {
      if (alerts.get(fingerprint)?.state === 'firing') continue
      this.#open.delete(fingerprint)
      this.#closed.push({ ...incident, endMs: timeMs })
    }
  }

  /** Incidents that ended since this was asked last. */
  takeClosed(): BacktestIncident[] {
    return this.#closed.splice(0)
  }

  /** Those that have not ended. */
  open(): BacktestIncident[] {
    return [...this.#open.values()]
  }
}
