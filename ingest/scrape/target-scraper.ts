import { asTidemarkError } from '../../schemas/errors.js'
import type { Fetch } from '../../schemas/net/guarded-fetch.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { Clock } from '../../schemas/time.js'
import { ByteCache } from '../identity/byte-cache.js'
import { PrometheusTextDecoder } from '../prometheus/text-decoder.js'
import type { IngestRequest, RequestOpener } from '../request.js'
import { type Exposition, fetchExposition } from './fetch-exposition.js'
import { ScrapedSeries, UNTIMED } from './scraped-series.js'
import type { Sleep } from './sleep.js'
import type { ScrapeTarget } from './target.js'

/** Raw series texts that are remembered for each target. */
const REMEMBERED_SERIES = 1 << 18
const REMEMBERED_BYTES = 32 << 20

/** What the status page says about a target. */
export interface TargetStatus {
  job: string
  instance: string
  url: string
  /** `unknown` until the first scrape. */
  health: 'unknown' | 'up' | 'down'
  /** Why the last scrape failed, or which of its lines were refused, or why its samples were not stored. */
  lastError: string | undefined
  /** Time of the last scrape, ms since the epoch. */
  lastScrapeMs: number | undefined
  lastScrapeDurationMs: number | undefined
  /** Samples that the last scrape stored. */
  lastSamples: number
}

export interface TargetParts {
  opener: RequestOpener
  clock: Clock
  sleep: Sleep
  fetch: Fetch
}

/** Scrapes one target; knows its series and its health. */
export class TargetScraper {
  readonly target: ScrapeTarget
  readonly #parts: TargetParts
  readonly #series = new ScrapedSeries()
  readonly #decoder: PrometheusTextDecoder
  readonly #labels: Label[]
  readonly #status: TargetStatus

  constructor(target: ScrapeTarget, parts: TargetParts) {
    this.target = target
    this.#parts = parts
    this.#decoder = new PrometheusTextDecoder(
      { labels: target.labels, honorLabels: target.honorLabels },
      new ByteCache(REMEMBERED_SERIES, REMEMBERED_BYTES),
    )
    this.#labels = Object.entries(target.labels)
    this.#status = {
      job: target.job,
      instance: target.instance,
      url: target.url,
      health: 'unknown',
      lastError: undefined,
      lastScrapeMs: undefined,
      lastScrapeDurationMs: undefined,
      lastSamples: 0,
    }
  }

  status(): TargetStatus {
    return { ...this.#status }
  }

  /**
   * One scrape: fetches, writes the samples, the staleness markers and the report series, and commits. Never rejects;
   * what went wrong is in the status. Ends without a trace if `closing` is aborted before the target answered.
   * @param timeMs time of the samples that carry none, and of the report
   */
  async scrape(timeMs: number, closing: AbortSignal): Promise<void> {
    const startedMs = this.#parts.clock()
    const answer = await this.#fetch(closing)
    if (closing.aborted) return
    try {
      await this.#write(answer, timeMs, startedMs)
    } catch (thrown) {
      this.#status.lastError = `the samples were not stored: ${asTidemarkError(thrown).message}`
    }
  }

  async #fetch(closing: AbortSignal): Promise<Exposition | Error> {
    const { fetch, sleep } = this.#parts
    const { timeoutMs } = this.target
    const deadline = new AbortController()
    const answered = new AbortController()
    const giveUp = () => deadline.abort(new Error('the scraper is closing'))
    closing.addEventListener('abort', giveUp, { once: true })
    const waiting = sleep(timeoutMs, answered.signal).then(() => {
      if (!answered.signal.aborted) deadline.abort(new Error(`the target did not answer within ${timeoutMs} ms`))
    })
    try {
      return await fetchExposition(this.target, fetch, deadline.signal)
    } catch (thrown) {
      return thrown instanceof Error ? thrown : new Error(String(thrown))
    } finally {
      closing.removeEventListener('abort', giveUp)
      answered.abort()
      await waiting
    }
  }

  async #write(answer: Exposition | Error, timeMs: number, startedMs: number): Promise<void> {
    const request = this.#parts.opener.open()
    const failure = this.#writeSamples(answer, request, timeMs)
    this.#series.markVanished()
    const durationMs = Math.max(0, this.#parts.clock() - startedMs)
    this.#writeReport(request, timeMs, failure === undefined, durationMs)
    const { kept, refused, firstRefusal } = this.#series.counts
    Object.assign(this.#status, {
      health: failure === undefined ? 'up' : 'down',
      lastError: failure ?? (refused > 0 ? `${refused} lines were refused, the first: ${firstRefusal}` : undefined),
      lastScrapeMs: timeMs,
      lastScrapeDurationMs: durationMs,
      lastSamples: kept,
    })
    await request.commit()
    this.#series.settle(failure === undefined)
  }

  /** @returns why the scrape failed, or undefined */
  #writeSamples(answer: Exposition | Error, request: IngestRequest, timeMs: number): string | undefined {
    this.#series.begin(request, timeMs)
    if (answer instanceof Error) return answer.message
    const { body, format } = answer
    this.#decoder.decode(body, { nowMs: UNTIMED, format, ignoreTimestamps: !this.target.honorTimestamps }, this.#series)
    const { scraped, refused, firstRefusal } = this.#series.counts
    return scraped === 0 && refused > 0 ? `the answer is not an exposition: ${firstRefusal}` : undefined
  }

  #writeReport(request: IngestRequest, timeMs: number, isUp: boolean, durationMs: number): void {
    const { scraped, kept, added } = this.#series.counts
    const report: [string, number][] = [
      ['up', isUp ? 1 : 0],
      ['scrape_duration_seconds', durationMs / 1000],
      ['scrape_samples_scraped', scraped],
      ['scrape_samples_post_metric_relabeling', kept],
      ['scrape_series_added', added],
    ]
    request.position = 0
    for (const [metric, value] of report) {
      const handle = request.series(metric, this.#labels, Kind.Sample)
      if (handle !== -1) request.add(handle, timeMs, value, 1)
    }
  }
}
