import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosPoint, SentRequest } from './client.js'

/** A question is asked this often, ms. */
const EVERY_MS = 500
const WINDOW_MS = 10_000
/** The stretch that is asked about ends so long ago that all of it is closed, ms. */
const AGO_MS = 40_000
const LENGTH_MS = 60_000
/** A point acknowledged later than this after its time may have been late: only batch must have it. ms */
const ON_TIME_MS = 2_000
const ANSWER_MS = 20_000

/** An answer that was wrong and did not say so. */
export interface WrongAnswer {
  atMs: number
  text: string
}

/** What the prober met. */
export interface ProbeCounts {
  asked: number
  whole: number
  partial: number
  failed: number
}

interface InstantAnswer {
  data?: { result: { value: [number, string] }[] }
  partial?: boolean
}

/** Asks all the time how many points there were in a stretch that is over, of any serving process. */
export class Prober {
  readonly wrong: WrongAnswer[] = []
  readonly counts: ProbeCounts = { asked: 0, whole: 0, partial: 0, failed: 0 }
  readonly #urls: readonly string[]
  readonly #sent: readonly SentRequest[]
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(urls: readonly string[], sent: readonly SentRequest[]) {
    this.#urls = urls
    this.#sent = sent
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopping; turn++) {
      await this.#ask(this.#urls[turn % this.#urls.length])
      await sleep(EVERY_MS)
    }
  }

  async #ask(url: string): Promise<void> {
    this.counts.asked++
    const endMs = Math.floor((Date.now() - AGO_MS) / WINDOW_MS) * WINDOW_MS
    const range = { startMs: endMs - LENGTH_MS, endMs }
    const query = `sum(sum_over_time(chaos_reading:count[${LENGTH_MS / 1000}s]))`
    const answer = await instant(url, query, endMs)
    if (!answer) this.counts.failed++
    else if (answer.partial) this.counts.partial++
    else {
      this.counts.whole++
      this.#judge(Number(answer.data?.result[0]?.value[1] ?? 0), range, url)
    }
  }

  /** Whatever came on time and was acknowledged is there; what nobody knows of may be. */
  #judge(found: number, range: { startMs: number; endMs: number }, url: string): void {
    let least = 0
    let most = 0
    for (const request of this.#sent) {
      const inside = request.points.filter((point) => isInside(point, range)).length
      most += inside
      if (isOnTime(request)) least += inside
    }
    if (found >= least && found <= most) return
    const text = `${url} counted ${found} points up to ${new Date(range.endMs).toISOString()}, sent were ${least} to ${most}`
    this.wrong.push({ atMs: Date.now(), text })
  }
}

/** Asks a query at a moment. @returns undefined if it was not answered */
export async function instant(url: string, query: string, timeMs: number): Promise<InstantAnswer | undefined> {
  const parameters = new URLSearchParams({ query, time: (timeMs / 1000).toFixed(3) })
  try {
    const response = await fetch(`${url}/api/v1/query?${parameters}`, { signal: AbortSignal.timeout(ANSWER_MS) })
    return response.ok ? ((await response.json()) as InstantAnswer) : undefined
  } catch {
    return undefined
  }
}

function isInside({ metric, timeMs }: ChaosPoint, { startMs, endMs }: { startMs: number; endMs: number }): boolean {
  return metric === 'chaos_reading' && timeMs > startMs && timeMs <= endMs
}

function isOnTime({ points, acknowledgedMs }: SentRequest): boolean {
  return acknowledgedMs !== undefined && acknowledgedMs - points[0].timeMs <= ON_TIME_MS
}
