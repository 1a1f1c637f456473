import { Histogram } from 'prom-client'
import type { SenderObserver } from '../../alerting/notify/sender.js'
import { collector, type RoleMetrics } from './collector.js'

/** What the sender of messages counts, by channel. */
export class NotifyMetrics implements SenderObserver {
  readonly #channels: Pick<ReadonlySet<string>, 'has'>
  readonly #sent = new Map<string, number>()
  readonly #retried = new Map<string, number>()
  readonly #dead = new Map<string, number>()
  readonly #seconds = new Histogram({
    name: 'tidemark_notify_delay_seconds',
    help: 'From when a message was queued until its channel had taken it.',
    labelNames: ['channel'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400],
    registers: [],
  })

  /** @param channels those that there are; whatever else messages name counts as `unknown` */
  constructor(channels: Pick<ReadonlySet<string>, 'has'>) {
    this.#channels = channels
  }

  sent(channel: string, waitedMs: number): void {
    this.#count(this.#sent, channel)
    this.#seconds.observe({ channel: this.#label(channel) }, waitedMs / 1000)
  }

  failed(channel: string): void {
    this.#count(this.#retried, channel)
  }

  dead(channel: string): void {
    this.#count(this.#dead, channel)
  }

  /** For the page of the process. */
  metrics(): RoleMetrics {
    const counter = (help: string) => ({ type: 'counter' as const, help, labels: ['channel'] })
    const notify = collector({
      name: 'notify',
      families: {
        tidemark_notify_sent_total: counter('Messages that their channel took.'),
        tidemark_notify_failed_total: counter('Attempts that failed, whatever came of the message.'),
        tidemark_notify_retried_total: counter('Attempts that failed and are made again.'),
        tidemark_notify_dead_total: counter('Messages that were given up.'),
      },
      read: async () => ({
        tidemark_notify_sent_total: readings(this.#sent),
        tidemark_notify_failed_total: readings(sums(this.#retried, this.#dead)),
        tidemark_notify_retried_total: readings(this.#retried),
        tidemark_notify_dead_total: readings(this.#dead),
      }),
    })
    return { collectors: [notify], histograms: [this.#seconds] }
  }

  #count(counts: Map<string, number>, channel: string): void {
    const label = this.#label(channel)
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }

  #label(channel: string): string {
    return this.#channels.has(channel) ? channel : 'unknown'
  }
}

function readings(counts: ReadonlyMap<string, number>) {
  return [...counts].map(([channel, value]) => ({ labels: { channel }, value }))
}

function sums(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  const channels = new Set([...a.keys(), ...b.keys()])
  return new Map([...channels].map((channel) => [channel, (a.get(channel) ?? 0) + (b.get(channel) ?? 0)]))
}
