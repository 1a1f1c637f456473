import { heldAlert, type ToldAlert } from '../alert.js'
import { readDispatchConfig } from '../config/read-config.js'
import { Dispatcher, type DispatcherOptions, type DueFlush } from '../dispatcher.js'
import type { GroupFlush } from '../flush.js'
import { Mutes } from '../mutes.js'
import { NotificationLog } from '../notification-log.js'

const SECOND_MS = 1000

/** A dispatcher on a clock of its own, and what left it. Times are in seconds. */
export class DispatchStage {
  readonly mutes = new Mutes()
  readonly log = new NotificationLog()
  readonly dispatcher: Dispatcher
  readonly sent: GroupFlush[] = []
  /** Whether a message is taken; all are. */
  takes: (due: DueFlush, atSeconds: number) => boolean = () => true
  #nowMs = 0
  #config

  constructor(yaml: string, options: Partial<DispatcherOptions> = {}) {
    this.#config = readDispatchConfig(yaml, 'test')
    this.dispatcher = new Dispatcher(this.#config, { mutes: this.mutes, log: this.log, ...options }, 0)
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Tells of an alert at a time, once all that comes before has happened. */
  tell(atSeconds: number, labels: Record<string, string>, times: { starts?: number; ends?: number } = {}): void {
    const { starts = atSeconds, ends } = times
    this.until(atSeconds)
    const told: ToldAlert = { labels, annotations: {}, startsMs: starts * SECOND_MS, endsMs: ends && ends * SECOND_MS }
    this.dispatcher.put(heldAlert(told, this.#nowMs, this.#config.resolveTimeoutMs), this.#nowMs)
  }

  /** Lets the time pass. */
  until(seconds: number): this {
    const endMs = seconds * SECOND_MS
    for (;;) {
      const nextMs = this.dispatcher.nextMs()
      if (nextMs === undefined || nextMs > endMs) break
      this.#nowMs = Math.max(this.#nowMs, nextMs)
      for (const due of this.dispatcher.tick(this.#nowMs)) this.#send(due)
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
    return this
  }

  reload(atSeconds: number, yaml?: string): void {
    this.until(atSeconds)
    if (yaml) this.#config = readDispatchConfig(yaml, 'test')
    this.dispatcher.reload(this.#config, this.#nowMs)
  }

  /** What left so far, one line a message: `2s first +a +b -c`; `+` fires, `-` is resolved. */
  lines(): string[] {
    return this.sent.map(({ flushedMs, reason, alerts }) => {
      const marks = alerts.map(({ status, labels }) => `${status === 'firing' ? '+' : '-'}${labels.alertname}`)
      return `${flushedMs / SECOND_MS}s ${reason} ${marks.join(' ')}`
    })
  }

  #send(due: DueFlush): void {
    if (!this.takes(due, this.#nowMs / SECOND_MS)) {
      this.dispatcher.failed(due, this.#nowMs)
      return
    }
    this.sent.push(due.flush)
    this.dispatcher.confirmed(due, this.#nowMs)
  }
}
