import type { HeldAlert } from './alert.js'
import { compareAlerts, isResolved } from './alert.js'
import type { DispatchConfig } from './config/dispatch-config.js'
import { Inhibitor } from './inhibitor.js'
import { compare, type Labels, labelsText } from './match/label-matchers.js'
import type { Mutes } from './mutes.js'
import { groupLabelsOf, type Route, routesOf } from './route.js'
import { timeMutedBy } from './time-mutes.js'

/** Whether an alert is told, and what keeps it from that. */
interface AlertStatus {
  state: 'active' | 'suppressed'
  /** Ids of silences, and names of maintenance windows. */
  silencedBy: readonly string[]
  /** Fingerprints of alerts. */
  inhibitedBy: readonly string[]
}

/** An alert with all that can be told of it. */
export interface ShownAlert {
  alert: HeldAlert
  status: AlertStatus
  /** Names of those who are told. */
  receivers: readonly string[]
}

/** Alerts that are told together. */
export interface ShownGroup {
  labels: Labels
  receiver: string
  /** Names of time intervals that keep it from being told. */
  mutedBy: readonly string[]
  alerts: readonly ShownAlert[]
}

/** How alerts stand at a time, as the dispatcher would see it. */
export class DispatchView {
  readonly #config: DispatchConfig
  readonly #mutes: Mutes
  readonly #inhibitor: Inhibitor
  readonly #nowMs: number
  /** Those that fire. */
  readonly #alerts: readonly HeldAlert[]

  constructor(config: DispatchConfig, alerts: readonly HeldAlert[], mutes: Mutes, nowMs: number) {
    this.#config = config
    this.#mutes = mutes
    this.#nowMs = nowMs
    this.#alerts = alerts.filter((alert) => !isResolved(alert, nowMs))
    this.#inhibitor = new Inhibitor(config.inhibitRules, this.#alerts)
  }

  /** Every alert that fires, by fingerprint. */
  alerts(): ShownAlert[] {
    return [...this.#alerts]
      .sort((a, b) => compare(a.fingerprint, b.fingerprint))
      .map((alert) => this.#shown(alert, routesOf(this.#config.route, alert.labels)))
  }

  /** Every group that has such alerts, by its labels. */
  groups(): ShownGroup[] {
    const groups = new Map<Route, Map<string, { labels: Labels; alerts: ShownAlert[] }>>()
    for (const alert of [...this.#alerts].sort(compareAlerts)) {
      const routes = routesOf(this.#config.route, alert.labels)
      const shown = this.#shown(alert, routes)
      for (const route of routes) {
        const labels = groupLabelsOf(route, alert.labels)
        const ofRoute = groups.get(route) ?? new Map<string, { labels: Labels; alerts: ShownAlert[] }>()
        groups.set(route, ofRoute)
        const group = ofRoute.get(labelsText(labels)) ?? { labels, alerts: [] }
        ofRoute.set(labelsText(labels), group)
        group.alerts.push(shown)
      }
    }
    const all = [...groups].flatMap(([route, ofRoute]) => {
      const mutedBy = timeMutedBy(route, this.#config.timeIntervals, this.#nowMs)
      return [...ofRoute.values()].map((group) => ({ ...group, receiver: route.receiver, mutedBy }))
    })
    return all.sort((a, b) => compare(labelsText(a.labels), labelsText(b.labels)) || compare(a.receiver, b.receiver))
  }

  #shown(alert: HeldAlert, routes: readonly Route[]): ShownAlert {
    const silencedBy = this.#mutes.mutedBy(alert.labels, this.#nowMs)
    const inhibitedBy = this.#inhibitor.mutedBy(alert.labels, this.#nowMs)
    const isMuted = silencedBy.length > 0 || inhibitedBy.length > 0
    const receivers = [...new Set(routes.map(({ receiver }) => receiver))].sort(compare)
    return { alert, status: { state: isMuted ? 'suppressed' : 'active', silencedBy, inhibitedBy }, receivers }
  }
}
