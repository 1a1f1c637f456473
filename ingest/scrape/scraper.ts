import type { ScrapeConfig } from '../../schemas/config/scrape.js'
import type { TargetRules } from '../../schemas/net/check-target.js'
import { type Fetch, guardedFetch } from '../../schemas/net/guarded-fetch.js'
import type { Clock } from '../../schemas/time.js'
import type { RequestOpener } from '../request.js'
import { firstScrape, nextScrape, scrapePhase, scrapeTimestamp } from './schedule.js'
import { realSleep, type Sleep } from './sleep.js'
import { scrapeTargets } from './target.js'
import { TargetScraper, type TargetStatus } from './target-scraper.js'

export interface ScraperParts {
  opener: RequestOpener
  clock: Clock
  /** In [0, 1), as Math.random. */
  random: () => number
  /** Which targets may be reached. */
  rules: TargetRules
  /** Default: one that keeps to the rules. */
  fetch?: Fetch
  /** Default: a timer. */
  sleep?: Sleep
}

/**
 * Starts to scrape every target of the configuration: each in a loop of its own, never twice at once, spread over its
 * interval.
 * @throws TM_CONFIG if the configuration cannot be used
 */
export function startScraper(config: ScrapeConfig, parts: ScraperParts): Scraper {
  return new Scraper(config, parts)
}

export class Scraper {
  readonly #targets: TargetScraper[]
  readonly #closing = new AbortController()
  readonly #loops: Promise<void>[]
  readonly #clock: Clock
  readonly #sleep: Sleep

  /** Use {@link startScraper}. */
  constructor(config: ScrapeConfig, parts: ScraperParts) {
    const { opener, clock, random, rules, fetch = guardedFetch(rules), sleep = realSleep } = parts
    this.#clock = clock
    this.#sleep = sleep
    this.#targets = scrapeTargets(config, rules).map(
      (target) => new TargetScraper(target, { opener, clock, sleep, fetch }),
    )
    this.#loops = this.#targets.map((scraper) => this.#run(scraper, random))
  }

  /** State of every target, in the order of the configuration. */
  targets(): TargetStatus[] {
    return this.#targets.map((scraper) => scraper.status())
  }

  /** Ends the loops; resolves once the last commit that is under way has ended. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#loops)
  }

  async #run(scraper: TargetScraper, random: () => number): Promise<void> {
    const { url, labels, intervalMs } = scraper.target
    const { signal } = this.#closing
    const phaseMs = scrapePhase(`${url} ${JSON.stringify(labels)}`, intervalMs, random)
    let plannedMs = firstScrape(phaseMs, intervalMs, this.#clock())
    while (!signal.aborted) {
      await this.#sleep(plannedMs - this.#clock(), signal)
      if (signal.aborted) return
      await scraper.scrape(scrapeTimestamp(plannedMs, this.#clock()), signal)
      plannedMs = nextScrape(plannedMs, intervalMs, this.#clock())
    }
  }
}
