import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../sim/random.js'

/** A point that was sent. */
export interface ChaosPoint {
  metric: 'chaos_reading' | 'chaos_hits_total'
  host: string
  timeMs: number
  value: number
}

/** A request and what became of it: unless it was acknowledged, nobody knows whether it was stored. */
export interface SentRequest {
  points: ChaosPoint[]
  acknowledgedMs?: number
  /** How often it was sent: once, but for readings that are delivered twice on purpose. */
  deliveries: number
}

/** A request is sent this often, ms. */
const EVERY_MS = 250
const HOSTS = 12
/** Requests on their way at a time. */
const MOST_WAITING = 200
/** Share of the acknowledged requests that are sent a second time. */
const REPEATED = 0.03
const ANSWER_MS = 30_000

/** An agent that sends known points to any of the gateways, and remembers which were acknowledged. */
export class ChaosClient {
  readonly sent: SentRequest[] = []
  readonly #urls: readonly string[]
  readonly #random: Random
  #waiting = 0
  #serial = 0
  #stopping = false
  #running: Promise<void> = Promise.resolve()
  #lastMs = 0

  /** @param urls of the gateways */
  constructor(urls: readonly string[], random: Random) {
    this.#urls = urls
    this.#random = random
  }

  /** Begins to send. */
  start(): void {
    this.#running = this.#run()
  }

  /** Sends no more and waits for answers. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
    while (this.#waiting > 0) await sleep(50)
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      if (this.#waiting < MOST_WAITING) void this.#send(this.#nextRequest())
      await sleep(EVERY_MS)
    }
  }

  /** Times are unique in a series, so each point can be told from all others. */
  #nextRequest(): SentRequest {
    const timeMs = Math.max(Date.now(), this.#lastMs + 1)
    this.#lastMs = timeMs
    const metric = this.#serial++ % 2 === 0 ? 'chaos_reading' : 'chaos_hits_total'
    const points = Array.from({ length: HOSTS }, (_, i) => ({
      metric,
      host: `h${i}`,
      timeMs,
      value: this.#random.whole(0, 1000),
    })) satisfies ChaosPoint[]
    const request: SentRequest = { points, deliveries: 1 }
    this.sent.push(request)
    return request
  }

  async #send(request: SentRequest): Promise<void> {
    this.#waiting++
    try {
      if (!(await this.#deliver(request))) return
      request.acknowledgedMs = Date.now()
      const isReading = request.points[0].metric === 'chaos_reading'
      if (!isReading || !this.#random.chance(REPEATED)) return
      request.deliveries++
      await this.#deliver(request)
    } finally {
      this.#waiting--
    }
  }

  /** @returns true if it was acknowledged */
  async #deliver({ points }: SentRequest): Promise<boolean> {
    const url = this.#random.pick(this.#urls)
    const isReading = points[0].metric === 'chaos_reading'
    try {
      const response = await fetch(`${url}${isReading ? '/write?precision=ms' : '/v1/metrics'}`, {
        method: 'POST',
        headers: { 'content-type': isReading ? 'text/plain' : 'application/json' },
        body: isReading ? influxText(points) : otlpText(points),
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }
}

function influxText(points: readonly ChaosPoint[]): string {
  return points.map(({ metric, host, value, timeMs }) => `${metric},host=${host} value=${value} ${timeMs}`).join('\n')
}

/** Counts since the last report, as an OpenTelemetry SDK with delta temporality sends them. */
function otlpText(points: readonly ChaosPoint[]): string {
  const dataPoints = points.map(({ host, value, timeMs }) => ({
    attributes: [{ key: 'host', value: { stringValue: host } }],
    startTimeUnixNano: `${timeMs - EVERY_MS}000000`,
    timeUnixNano: `${timeMs}000000`,
    asDouble: value,
  }))
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints }
  return JSON.stringify({
    resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics: [{ name: 'chaos_hits', sum }] }] }],
  })
}
