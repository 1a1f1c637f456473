import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../sim/random.js'
import { insist } from './api.js'
import type { Receipt } from './receiver.js'
import type { STEPS } from './shape.js'

/** What becomes of an incident. */
export type Fate =
  /** Nobody does anything: every step is taken. */
  | 'ignored'
  | 'acknowledged'
  | 'resolved'
  /** Its alerts end by themselves. */
  | 'ended'
  /** Another host joins. */
  | 'grows'

/** An incident that is to be opened. */
export interface Wanted {
  service: string
  severity: keyof typeof STEPS
  fate: Fate
  hosts: string[]
  /** When its alerts were taken, ms since epoch. */
  takenMs?: number
  /** What was to be done was done, and confirmed. */
  isDone: boolean
  /** Why it could not be done. */
  failure?: string
}

const FATES: readonly [fate: Fate, share: number][] = [
  ['acknowledged', 0.25],
  ['resolved', 0.1],
  ['ended', 0.1],
  ['grows', 0.05],
]
const HOSTS = 3
/** Incidents that are opened at once. */
const BATCH = 5
/** Somebody acts this long after the first message at most, ms: between any two steps. */
const SLOWEST_MS = 12_000
/** Alerts that nobody ends last this long, ms. */
const LASTING_MS = 24 * 3_600_000

/** Sends alerts, and does to incidents what people do, once they were told. */
export class Operator {
  readonly wanted: readonly Wanted[]
  readonly #byService: ReadonlyMap<string, Wanted>
  readonly #random: Random
  readonly #url: string
  readonly #startMs: number
  readonly #acting = new Map<string, Promise<void>>()

  /** @param url of the serving role */
  constructor(url: string, count: number, random: Random, startMs: number) {
    this.#url = url
    this.#random = random
    this.#startMs = startMs
    this.wanted = Array.from({ length: count }, (_, i) => ({
      service: `service-${i}`,
      severity: random.chance(0.5) ? 'P1' : 'P2',
      fate: this.#drawFate(),
      hosts: Array.from({ length: HOSTS }, (_, host) => `host-${i}-${host}`),
      isDone: false,
    }))
    this.#byService = new Map(this.wanted.map((one) => [one.service, one]))
  }

  /** Opens all incidents, spread over the time. @returns once all alerts were taken */
  async open(overMs: number): Promise<void> {
    const startedAt = performance.now()
    for (let i = 0; i < this.wanted.length; i += BATCH) {
      const waitMs = (overMs * i) / this.wanted.length - (performance.now() - startedAt)
      if (waitMs > 0) await sleep(waitMs)
      const batch = this.wanted.slice(i, i + BATCH)
      await this.#tell(batch, Date.now() + LASTING_MS)
      for (const one of batch) one.takenMs = Date.now()
    }
  }

  /** Somebody got a message, and does about it what is to be done. */
  heard({ service, incidentId, action }: Receipt): void {
    const wanted = this.#byService.get(service)
    if (!wanted || action !== 'trigger' || this.#acting.has(service)) return
    const acting = this.#act(wanted, incidentId, this.#random.whole(0, SLOWEST_MS)).catch((thrown: Error) => {
      wanted.failure = thrown.message
    })
    this.#acting.set(service, acting)
  }

  /** Resolves once everything that was begun is done, or could not be. */
  async idle(): Promise<void> {
    await Promise.all(this.#acting.values())
  }

  async #act(wanted: Wanted, incidentId: string, afterMs: number): Promise<void> {
    const actionUrl = `${this.#url}/api/v1/incidents/${incidentId}`
    if (wanted.fate !== 'ignored') await sleep(afterMs)
    switch (wanted.fate) {
      case 'acknowledged':
        await insist(`${actionUrl}/acknowledge`, {})
        break
      case 'resolved':
        await insist(`${actionUrl}/resolve`, {})
        break
      case 'ended':
        await this.#tell([wanted], Date.now())
        break
      case 'grows':
        wanted.hosts.push(`${wanted.hosts[0]}-more`)
        await this.#tell([wanted], Date.now() + LASTING_MS)
    }
    wanted.isDone = true
  }

  async #tell(incidents: readonly Wanted[], endsMs: number): Promise<void> {
    const alerts = incidents.flatMap(({ service, severity, hosts }) =>
      hosts.map((host) => ({
        labels: { alertname: 'ServiceDown', service, host, severity },
        startsAt: new Date(this.#startMs).toISOString(),
        endsAt: new Date(endsMs).toISOString(),
      })),
    )
    await insist(`${this.#url}/api/v2/alerts`, alerts)
  }

  #drawFate(): Fate {
    let drawn = this.#random.next()
    for (const [fate, share] of FATES) {
      if (drawn < share) return fate
      drawn -= share
    }
    return 'ignored'
  }
}
