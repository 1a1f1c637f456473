import type { QueryExecutorProvider } from 'kysely'
import { asTidemarkError, type TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import { type HeldAlert, isResolved } from './alert.js'
import type { DispatchConfig } from './config/dispatch-config.js'
import { Dispatcher, type DueFlush, entryOf } from './dispatcher.js'
import type { GroupFlush } from './flush.js'
import { Mutes } from './mutes.js'
import { NotificationLog } from './notification-log.js'
import { ownChanges } from './own-changes.js'
import { AlertInbox } from './store/alert-inbox.js'
import { holdLease, releaseLease } from './store/lease.js'
import { MaintenanceStore, maintenanceWindow } from './store/maintenance-store.js'
import { NotificationStore, writeNotified } from './store/notification-store.js'
import { OwnAlerts } from './store/own-alerts.js'
import { SilenceStore } from './store/silence-store.js'
import type { DispatchDb } from './store/tables.js'

/** Alerts that are taken from the inbox at a time. */
const TAKEN_AT_ONCE = 10_000
/** What is over is forgotten this often, ms. */
const COLLECT_EVERY_MS = 1_800_000
/** Whoever dispatches says so this often, ms: well within the time that its lease lasts. */
const RENEW_EVERY_MS = 1500
/** Messages that are handed on at a time. */
const HANDED_AT_ONCE = 16
/** If nobody dispatched for so long, senders were not heard either, ms. */
const UNHEARD_MS = 30_000
/** Within this time senders tell of what still fires, ms: Prometheus does so each minute. */
const TOLD_AGAIN_MS = 90_000

/** Writes down that a message is sure to be sent, in the transaction that makes it so. @throws TM_DISPATCH_LEASE */
export type RecordNotified = (tx: QueryExecutorProvider) => Promise<void>

/** What the runner works with. */
export interface RunnerOptions {
  db: DispatchDb
  /** The configuration as it stands now; the same object as long as nothing changed. */
  config: () => DispatchConfig
  clock: Clock
  /** Name of this process, that no other has or had. */
  holder: string
  /**
   * Takes a message; once it resolves the message is sure to be sent. It must call `record` in the transaction that makes
   * it sure, so that it is not told twice after a crash. If it rejects, the message comes again.
   */
  take: (flush: GroupFlush, record: RecordNotified) => Promise<void>
  /** Told of what failed and is tried again. */
  onError: (error: TidemarkError) => void
}

/** What there is of alerts of a dispatching process, for its metrics. */
export interface DispatchCounts {
  isLeader: boolean
  /** Messages handed on, by reason. */
  handed: Readonly<Record<GroupFlush['reason'], number>>
  failed: number
}

/** A dispatcher and what is known of the alerts that were judged here. */
interface Leading {
  dispatcher: Dispatcher
  config: DispatchConfig
  own: Map<string, HeldAlert>
  ownAlerts: OwnAlerts
  collectedMs: number
  renewedMs: number
}

/**
 * Dispatches the alerts of the catalog. Of any number of processes one does it; if it fails another goes on within
 * seconds, where it stopped. Nothing is lost that was taken in, and nothing is told twice.
 */
export class DispatchRunner {
  readonly #options: RunnerOptions
  readonly #inbox: AlertInbox
  readonly #silences: SilenceStore
  readonly #maintenance: MaintenanceStore
  readonly #notifications: NotificationStore
  readonly #mutes = new Mutes()
  readonly #handed: Record<GroupFlush['reason'], number> = { first: 0, changed: 0, repeat: 0, resolved: 0 }
  #failed = 0
  #leading: Leading | undefined
  /** Asking for the lease, while that is under way. */
  #holding: Promise<Leading | undefined> | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#inbox = new AlertInbox(options.db)
    this.#silences = new SilenceStore(options.db)
    this.#maintenance = new MaintenanceStore(options.db)
    this.#notifications = new NotificationStore(options.db)
  }

  /**
   * Takes what came and hands on what is due, if this process dispatches; to be called every second at least.
   * Throws TM_CATALOG_UNAVAILABLE, retriable.
   */
  async step(): Promise<void> {
    const leading = await this.#hold()
    if (!leading) return
    try {
      await this.#turn(leading)
    } catch (thrown) {
      if (!isLeaseLost(thrown)) throw thrown
      this.#leading = undefined
    }
  }

  async #turn(leading: Leading): Promise<void> {
    const { config: configNow, clock } = this.#options
    await this.#readMutes()
    const config = configNow()
    if (config !== leading.config) leading.dispatcher.reload(config, clock())
    leading.config = config
    await this.#takeInbox(leading)
    await this.#takeOwn(leading)
    await this.#hand(leading)
    await this.#collect(leading)
  }

  /** Lets another process go on at once. */
  async close(): Promise<void> {
    if (this.#leading) await releaseLease(this.#options.db, this.#options.holder)
    this.#leading = undefined
  }

  counts(): DispatchCounts {
    return { isLeader: this.#leading !== undefined, handed: { ...this.#handed }, failed: this.#failed }
  }

  /** What this process leads with; undefined while another one dispatches. */
  async #hold(): Promise<Leading | undefined> {
    const isFresh = this.#leading && this.#options.clock() < this.#leading.renewedMs + RENEW_EVERY_MS
    if (isFresh) return this.#leading
    this.#holding ??= this.#renew().finally(() => {
      this.#holding = undefined
    })
    return this.#holding
  }

  async #renew(): Promise<Leading | undefined> {
    const { db, holder, clock } = this.#options
    const askedMs = clock()
    const { isHeld, freeMs } = await holdLease(db, holder)
    if (!isHeld) this.#leading = undefined
    else this.#leading ??= await this.#lead(freeMs)
    if (this.#leading) this.#leading.renewedMs = askedMs
    return this.#leading
  }

  async #lead(freeMs: number): Promise<Leading> {
    const { config: configNow, clock, db } = this.#options
    const [stored, entries] = await Promise.all([this.#inbox.held(), this.#notifications.all()])
    const nowMs = clock()
    const alerts = stored.map(({ alert }) => (freeMs > UNHEARD_MS ? believed(alert, nowMs - freeMs, nowMs) : alert))
    const own = new Map(stored.filter(({ isOwn }) => isOwn).map(({ alert }) => [alert.fingerprint, alert]))
    const config = configNow()
    await this.#readMutes()
    const dispatcher = new Dispatcher(config, { mutes: this.#mutes, log: new NotificationLog(entries), alerts }, nowMs)
    return { dispatcher, config, own, ownAlerts: new OwnAlerts(db), collectedMs: nowMs, renewedMs: nowMs }
  }

  async #readMutes(): Promise<void> {
    const [silences, windows] = await Promise.all([
      this.#silences.current(this.#options.clock()),
      this.#maintenance.all(),
    ])
    this.#mutes.setSilences(silences)
    this.#mutes.setWindows(windows.map(maintenanceWindow))
  }

  async #takeInbox({ dispatcher }: Leading): Promise<void> {
    for (;;) {
      const { ids, alerts } = await this.#inbox.waiting(TAKEN_AT_ONCE)
      const nowMs = this.#options.clock()
      const kept = alerts.map((alert) => ({ alert: dispatcher.put(alert, nowMs), isOwn: false }))
      await this.#inbox.keep(kept, ids, this.#options.holder)
      if (ids.length < TAKEN_AT_ONCE) return
    }
  }

  async #takeOwn({ dispatcher, own, ownAlerts }: Leading): Promise<void> {
    const firing = await ownAlerts.firing()
    if (!firing) return
    const nowMs = this.#options.clock()
    const { fired, resolved } = ownChanges(own, firing, nowMs)
    // What only has another value is judged again anyway, and needs no place in the catalog.
    const began = fired.filter(({ fingerprint }) => {
      const known = own.get(fingerprint)
      return !known || isResolved(known, nowMs)
    })
    await this.#inbox.keep(
      [...began, ...resolved].map((alert) => ({ alert, isOwn: true })),
      [],
      this.#options.holder,
    )
    for (const alert of [...fired, ...resolved]) own.set(alert.fingerprint, dispatcher.put(alert, nowMs))
  }

  async #hand(leading: Leading): Promise<void> {
    const { dispatcher } = leading
    const due = dispatcher.tick(this.#options.clock())
    const next = due[Symbol.iterator]()
    const work = async () => {
      for (const one of next) {
        // Many take longer than the lease lasts; once another process has it, they are its own.
        if ((await this.#hold()) !== leading) return
        await this.#handOne(dispatcher, one)
      }
    }
    await Promise.all(Array.from({ length: HANDED_AT_ONCE }, work))
  }

  async #handOne(dispatcher: Dispatcher, due: DueFlush): Promise<void> {
    const { take, holder, clock, onError } = this.#options
    const toldMs = clock()
    try {
      await take(due.flush, (tx) => writeNotified(tx, entryOf(due, toldMs), holder))
      dispatcher.confirmed(due, toldMs)
      this.#handed[due.flush.reason]++
    } catch (thrown) {
      dispatcher.failed(due, clock())
      this.#failed++
      if (isLeaseLost(thrown)) this.#leading = undefined
      onError(asTidemarkError(thrown))
    }
  }

  async #collect(leading: Leading): Promise<void> {
    const nowMs = this.#options.clock()
    if (nowMs < leading.collectedMs + COLLECT_EVERY_MS) return
    leading.collectedMs = nowMs
    const gone = leading.dispatcher.collect(nowMs)
    for (const { fingerprint } of gone) leading.own.delete(fingerprint)
    await this.#inbox.forget(gone, this.#options.holder)
    await this.#silences.trim(nowMs)
    await this.#notifications.trim(nowMs)
  }
}

function isLeaseLost(thrown: unknown): boolean {
  return asTidemarkError(thrown).code === 'TM_DISPATCH_LEASE'
}

/** An alert that ended while nobody listened may still fire: its senders get the time to say so. */
function believed(alert: HeldAlert, unheardSinceMs: number, nowMs: number): HeldAlert {
  if (alert.endsMs <= unheardSinceMs || !isResolved(alert, nowMs)) return alert
  return { ...alert, endsMs: nowMs + TOLD_AGAIN_MS, isTimeout: true }
}
