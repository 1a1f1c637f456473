import { Response } from 'undici'
import { liveInstances } from '../batch/catalog/instances.js'
import type { RequestOpener } from '../ingest/request.js'
import { realSleep } from '../ingest/scrape/sleep.js'
import { scrapeTargets } from '../ingest/scrape/target.js'
import { TargetScraper } from '../ingest/scrape/target-scraper.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import { targetRules } from '../schemas/net/check-target.js'
import { type Fetch, guardedFetch } from '../schemas/net/guarded-fetch.js'
import type { Instance } from '../schemas/ports/status.js'
import type { RoleContext } from './context.js'
import { collector, type RoleMetrics } from './metrics/collector.js'
import type { ProcessMetrics } from './metrics/process-metrics.js'
import { repeat } from './repeat.js'

const BODY_BYTES = 8 << 20

/** What collecting needs beside the context. */
export interface SelfScrapeOptions {
  gateway: RequestOpener
  metrics: Pick<ProcessMetrics, 'page'>
  /** This process. */
  id: string
}

/** Of these processes, oldest first, the one that collects: the oldest gateway. */
export function collecting(instances: readonly Pick<Instance, 'id' | 'roles'>[]): string | undefined {
  return instances.find(({ roles }) => roles.includes('gateway'))?.id
}

/** The metrics of every process, taken in like anyone's. */
export class SelfScrape {
  readonly #context: RoleContext
  readonly #options: SelfScrapeOptions
  readonly #closing = new AbortController()
  readonly #scrapers = new Map<string, TargetScraper>()
  #points = 0

  constructor(context: RoleContext, options: SelfScrapeOptions) {
    this.#context = context
    this.#options = options
  }

  /** Begins to collect whenever this is the process that does. */
  start(): void {
    const { config, closing, onError } = this.#context
    const stop = repeat(parseDuration(config.self.interval), () => this.round(), onError)
    closing.add('collecting own metrics', async () => {
      this.#closing.abort()
      await stop()
    })
  }

  /** How many of all points are its own. */
  metrics(): RoleMetrics {
    const own = collector({
      name: 'self',
      families: {
        tidemark_self_points_total: { type: 'counter', help: 'Points stored that are Tidemark’s own metrics.' },
      },
      read: async () => ({ tidemark_self_points_total: this.#points }),
    })
    return { collectors: [own] }
  }

  /** Scrapes every process once, if this is the one that collects. Throws TM_CATALOG_UNAVAILABLE. */
  async round(): Promise<void> {
    const { stores, clock } = this.#context
    const nowMs = clock()
    const instances = await liveInstances((await stores.catalog()).catalog.db, nowMs)
    if (collecting(instances) !== this.#options.id) return
    const running = new Set(instances.map(({ id }) => id))
    for (const id of this.#scrapers.keys()) if (!running.has(id)) this.#scrapers.delete(id)
    await Promise.all(instances.map((instance) => this.#scraper(instance).scrape(nowMs, this.#closing.signal)))
  }

  #scraper({ id, url }: Instance): TargetScraper {
    let scraper = this.#scrapers.get(id)
    if (!scraper) {
      const { config, clock } = this.#context
      const rules = targetRules('scrape', config.outbound.allow)
      const [target] = scrapeTargets([selfJob(config, url)], rules)
      const fetch = id === this.#options.id ? this.#ownPage : guardedFetch(rules)
      scraper = new TargetScraper(target, { opener: this.#counted(), clock, sleep: realSleep, fetch })
      this.#scrapers.set(id, scraper)
    }
    return scraper
  }

  /** This process's own page needs no way over the network, and no token. */
  readonly #ownPage: Fetch = async () => {
    const { body, contentType } = await this.#options.metrics.page()
    return new Response(body, { headers: { 'content-type': contentType } })
  }

  #counted(): RequestOpener {
    return {
      open: () => {
        const request = this.#options.gateway.open()
        const commit = request.commit.bind(request)
        request.commit = async () => {
          const result = await commit()
          this.#points += result.accepted
          return result
        }
        return request
      },
    }
  }
}

function selfJob({ self }: Config, url: string) {
  const timeoutMs = Math.min(10_000, parseDuration(self.interval))
  return {
    job: 'tidemark',
    targets: [`${url}/metrics`],
    scheme: 'http' as const,
    path: '/metrics',
    interval: self.interval,
    timeout: `${timeoutMs}ms`,
    labels: { instance: url },
    honor_labels: false,
    honor_timestamps: true,
    headers: (self.token === '' ? {} : { authorization: `Bearer ${self.token}` }) as Record<string, string>,
    body_bytes: BODY_BYTES,
  }
}
