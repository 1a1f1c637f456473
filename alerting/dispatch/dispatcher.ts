import { AggregationGroup } from './aggregation-group.js'
import { compareAlerts, type HeldAlert, isResolved } from './alert.js'
import { AlertSet } from './alert-set.js'
import type { DispatchConfig, Receiver } from './config/dispatch-config.js'
import type { DispatchedAlert, GroupFlush } from './flush.js'
import { type FlushRound, isOver, type Target, TargetTelling } from './flush-round.js'
import { Inhibitor } from './inhibitor.js'
import { labelsText } from './match/label-matchers.js'
import type { Mutes } from './mutes.js'
import { type NotificationEntry, type NotificationLog, reasonToTell } from './notification-log.js'
import { groupLabelsOf, type Route, routesOf } from './route.js'
import { isTimeMuted } from './time-mutes.js'

/** A round may take so long even if the group is looked at more often, ms. */
const SHORTEST_ROUND_MS = 10_000

/** What several dispatchers of one Tidemark share, and what each has for itself. */
export interface DispatcherOptions {
  mutes: Mutes
  log: NotificationLog
  /** Alerts as they stood before a restart. */
  alerts?: readonly HeldAlert[]
  /** Nobody is told before this, ms: whoever sends alerts is to be heard first. */
  startsMs?: number
  /** Waits so long before it tells, so that a peer may do it, ms. */
  waitMs?: number
  /** Ways of a receiver that are told each for itself; left out: one, which is told of everything. */
  targetsOf?: (receiver: Receiver) => readonly Target[]
}

/** A message that is to be sent now. Either `confirmed` or `failed` is to follow. */
export interface DueFlush {
  flush: GroupFlush
  target: string
  /** What the notification log says once it was sent. */
  entry: Omit<NotificationEntry, 'toldMs' | 'expiresMs'>
  /** How long the entry counts once it was sent, ms. */
  entryLastsMs: number
  /** Nobody waits for it any longer than this, ms. */
  deadlineMs: number
}

/** What a notification log has to hold of a message that was sent. */
export function entryOf({ entry, entryLastsMs }: DueFlush, toldMs: number): NotificationEntry {
  return { ...entry, toldMs, expiresMs: toldMs + entryLastsMs }
}

const ONE_TARGET: readonly Target[] = [{ name: '', sendsResolved: true }]

/**
 * Takes alerts and says what is to be told to whom, and when: Alertmanager's semantics as of 0.34. It has no clock and
 * no timers: `tick` is to be called at `nextMs`, or a little later. All times are ms since epoch.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #alerts: AlertSet
  #config: DispatchConfig
  #inhibitor: Inhibitor
  #receivers: ReadonlyMap<string, Receiver>
  #groups = new Map<Route, Map<string, AggregationGroup>>()
  readonly #inHand = new Map<DueFlush, { group: AggregationGroup; round: FlushRound; telling: TargetTelling }>()

  constructor(config: DispatchConfig, options: DispatcherOptions, nowMs: number) {
    this.#options = options
    this.#alerts = new AlertSet(options.alerts)
    this.#config = config
    this.#inhibitor = new Inhibitor([], [])
    this.#receivers = new Map()
    this.reload(config, nowMs)
  }

  /** Takes an alert that was told. @returns it as it stands now */
  put(told: HeldAlert, nowMs: number): HeldAlert {
    const alert = this.#alerts.put(told, nowMs)
    this.#inhibitor.note(alert)
    this.#route(alert, nowMs)
    return alert
  }

  /** Groups are built anew of all alerts. What is in hand is over: nobody waits for its end. */
  reload(config: DispatchConfig, nowMs: number): void {
    const alerts = this.#alerts.all().sort((a, b) => a.startsMs - b.startsMs)
    this.#config = config
    this.#receivers = new Map(config.receivers.map((receiver) => [receiver.name, receiver]))
    this.#inhibitor = new Inhibitor(config.inhibitRules, alerts)
    this.#groups = new Map()
    this.#inHand.clear()
    for (const alert of alerts) this.#route(alert, nowMs)
  }

  /** When something is to be done, ms; undefined if nothing is. */
  nextMs(): number | undefined {
    let next = Number.POSITIVE_INFINITY
    for (const group of this.#allGroups()) next = Math.min(next, group.nextMs())
    return next === Number.POSITIVE_INFINITY ? undefined : Math.max(next, this.#options.startsMs ?? next)
  }

  /** What is to be sent now. */
  tick(nowMs: number): DueFlush[] {
    if (nowMs < (this.#options.startsMs ?? nowMs)) return []
    return [...this.#allGroups()].flatMap((group) => this.#advance(group, nowMs))
  }

  /** The message was sent, or is sure to be. */
  confirmed(due: DueFlush, nowMs: number): void {
    this.#options.log.put(entryOf(due, nowMs))
    this.#settle(due, (telling) => telling.note('confirm'))
  }

  /** The message was not sent: it is given out again in a while, and at last with the next look at its group. */
  failed(due: DueFlush, nowMs: number): void {
    this.#settle(due, (telling) => telling.fail(nowMs))
  }

  /** Forgets what is over. @returns the alerts that it forgot */
  collect(nowMs: number): HeldAlert[] {
    this.#options.log.collect(nowMs)
    this.#inhibitor.collect(nowMs)
    const needed = new Set([...this.#allGroups()].flatMap(({ alerts }) => [...alerts.keys()]))
    return this.#alerts.collect(nowMs, (fingerprint) => needed.has(fingerprint))
  }

  *#allGroups(): Generator<AggregationGroup> {
    for (const groups of this.#groups.values()) yield* groups.values()
  }

  #route(alert: HeldAlert, nowMs: number): void {
    for (const route of routesOf(this.#config.route, alert.labels)) {
      const labels = groupLabelsOf(route, alert.labels)
      const key = labelsText(labels)
      const groups = this.#groups.get(route) ?? new Map<string, AggregationGroup>()
      this.#groups.set(route, groups)
      const group = groups.get(key)
      if (group) group.alerts.set(alert.fingerprint, alert)
      else groups.set(key, new AggregationGroup(route, labels, alert, nowMs))
    }
  }

  #advance(group: AggregationGroup, nowMs: number): DueFlush[] {
    const due: DueFlush[] = []
    while (group.alerts.size > 0) {
      if (!group.round && group.dueMs > nowMs) break
      group.round ??= this.#begin(group, nowMs)
      const { round } = group
      for (const telling of round.tellings) due.push(...this.#turn(group, round, telling, nowMs))
      if (!isOver(round)) break
      this.#finish(group)
    }
    return due
  }

  #begin(group: AggregationGroup, nowMs: number): FlushRound {
    const { route } = group
    const { waitMs = 0, targetsOf = () => ONE_TARGET } = this.#options
    const scheduledMs = group.dueMs
    group.dueMs = nowMs + route.groupIntervalMs
    const alerts = [...group.alerts.values()].sort(compareAlerts)
    const told = this.#unmuted(route, alerts, scheduledMs, nowMs)
    const targets = told.length === 0 ? [] : targetsOf(this.#receivers.get(route.receiver)!)
    return {
      scheduledMs,
      deadlineMs: nowMs + Math.max(route.groupIntervalMs, SHORTEST_ROUND_MS) + waitMs,
      alerts: told.map((alert) => dispatched(alert, nowMs)),
      resolved: alerts.filter((alert) => isResolved(alert, nowMs)),
      tellings: targets.map((target) => new TargetTelling(target, nowMs + waitMs)),
    }
  }

  #unmuted(route: Route, alerts: readonly HeldAlert[], scheduledMs: number, nowMs: number): HeldAlert[] {
    if (isTimeMuted(route, this.#config.timeIntervals, scheduledMs)) return []
    return alerts.filter(
      ({ labels }) =>
        this.#inhibitor.mutedBy(labels, nowMs).length === 0 && this.#options.mutes.mutedBy(labels, nowMs).length === 0,
    )
  }

  /** Gives the message to a target out, if it is its turn and there is anything to say. */
  #turn(group: AggregationGroup, round: FlushRound, telling: TargetTelling, nowMs: number): DueFlush[] {
    if (!telling.isOver && nowMs >= round.deadlineMs) telling.note('late')
    if (!telling.isDue(nowMs)) return []
    const due = this.#dueFlush(group, round, telling.target)
    if (!due) {
      telling.note('nothing')
      return []
    }
    telling.turn(nowMs)
    if (due.flush.alerts.length > 0) {
      this.#inHand.set(due, { group, round, telling })
      return [due]
    }
    // All is resolved, and the target is not told of that; but what fires next is new to it.
    this.#options.log.put(entryOf(due, nowMs))
    telling.note('confirm')
    return []
  }

  #dueFlush({ key, labels, route }: AggregationGroup, round: FlushRound, target: Target): DueFlush | undefined {
    const { scheduledMs: nowMs, alerts, deadlineMs } = round
    const { receiver, repeatIntervalMs: repeatMs, groupIntervalMs } = route
    const ids = (status: DispatchedAlert['status']) =>
      alerts.filter((alert) => alert.status === status).map(({ fingerprint }) => fingerprint)
    const told = { groupKey: key, receiver, target: target.name, firing: ids('firing'), resolved: ids('resolved') }
    const { sendsResolved } = target
    const reason = reasonToTell(this.#options.log.get(told), { ...told, sendsResolved, repeatMs, nowMs })
    if (!reason) return undefined
    const shown = sendsResolved ? alerts : alerts.filter(({ status }) => status === 'firing')
    return {
      flush: { groupKey: key, groupLabels: labels, receiver, reason, alerts: shown, flushedMs: nowMs },
      target: target.name,
      entry: told,
      entryLastsMs: 2 * Math.max(repeatMs, groupIntervalMs),
      deadlineMs,
    }
  }

  #settle(due: DueFlush, settle: (telling: TargetTelling) => void): void {
    const inHand = this.#inHand.get(due)
    this.#inHand.delete(due)
    if (!inHand || inHand.group.round !== inHand.round) return
    settle(inHand.telling)
    if (isOver(inHand.round)) this.#finish(inHand.group)
  }

  #finish(group: AggregationGroup): void {
    group.finish()
    if (group.alerts.size === 0) this.#groups.get(group.route)?.delete(labelsText(group.labels))
  }
}

function dispatched(alert: HeldAlert, nowMs: number): DispatchedAlert {
  const { fingerprint, labels, annotations, startsMs, endsMs, value, generatorUrl } = alert
  const isOver = isResolved(alert, nowMs)
  return {
    fingerprint,
    labels,
    annotations,
    status: isOver ? 'resolved' : 'firing',
    startsMs,
    endsMs: isOver ? endsMs : undefined,
    value,
    generatorUrl,
  }
}
