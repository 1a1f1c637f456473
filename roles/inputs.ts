import { startCollector } from '../ingest/collector/collector.js'
import type { Gateway } from '../ingest/gateway/gateway.js'
import { startScraper } from '../ingest/scrape/scraper.js'
import { StatsdDecoder } from '../ingest/statsd/decoder.js'
import { startStatsdTcp } from '../ingest/statsd/tcp.js'
import { startStatsdUdp } from '../ingest/statsd/udp.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { TidemarkError } from '../schemas/errors.js'
import { targetRules } from '../schemas/net/check-target.js'
import type { Clock } from '../schemas/time.js'
import type { CloseStack } from './close-stack.js'
import { repeat } from './repeat.js'

/** Series that fell silent are looked for this often, ms. */
const RELEASE_EVERY_MS = 300_000

/** What the inputs need. */
export interface InputOptions {
  config: Config
  gateway: Gateway
  clock: Clock
  closing: CloseStack
  onError: (error: TidemarkError) => void
}

/** Starts everything that brings points by itself: StatsD listeners, the scraper, the host's own metrics. */
export async function startInputs(options: InputOptions): Promise<void> {
  const { config, gateway, clock, closing, onError } = options
  closing.add(
    'releasing silent series',
    repeat(RELEASE_EVERY_MS, () => gateway.releaseIdle(), onError),
  )
  if (config.statsd.enabled) await startStatsd(options)
  if (config.scrape.length > 0) {
    const rules = targetRules('scrape', config.outbound.allow)
    const scraper = startScraper(config.scrape, { opener: gateway, clock, random: Math.random, rules })
    closing.add('the scraper', () => scraper.close())
  }
  if (config.collector.enabled) {
    const intervalMs = parseDuration(config.collector.interval)
    closing.add('the host collector', startCollector({ gateway, intervalMs, clock, onError }))
  }
}

/** UDP and TCP share one decoder: gauges and sets have one state. */
async function startStatsd({ config, gateway, clock, closing, onError }: InputOptions): Promise<void> {
  const { host, port, names, sets } = config.statsd
  const { limits } = config
  const decoder = new StatsdDecoder({ limits, names, sets })
  const settings = { host, port, decoder, requests: gateway, clock, onFailure: onError }
  const udp = await startStatsdUdp(settings)
  closing.add('StatsD over UDP', () => udp.close())
  const tcp = await startStatsdTcp({ ...settings, lineBytes: limits.statsdLineBytes })
  closing.add('StatsD over TCP', () => tcp.close())
}
