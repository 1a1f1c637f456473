import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { ScrapeJob } from '../../schemas/config/scrape.js'
import { TidemarkError } from '../../schemas/errors.js'
import { targetRules } from '../../schemas/net/check-target.js'
import { guardedFetch } from '../../schemas/net/guarded-fetch.js'
import { RecordingSink } from '../../test/recording-sink.js'
import { scrapeJob as job } from '../testing/scrape-job.js'
import { startScraper } from './scraper.js'
import { scrapeTargets } from './target.js'
import { TargetScraper } from './target-scraper.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Starts a target on a free port. @returns its `host:port` */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const text = (body: string, type = 'text/plain; version=0.0.4') => {
  return ((_, response) => response.setHeader('content-type', type).end(body)) satisfies RequestListener
}

const untilAborted = (_: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

const RULES = targetRules('scrape', [])

/** One target, scraped by hand. */
function scraperOf(scrapeJob: ScrapeJob, { sleep = untilAborted } = {}) {
  const sink = new RecordingSink()
  let clockMs = 0
  const scraper = new TargetScraper(scrapeTargets([scrapeJob], RULES)[0], {
    opener: { open: () => sink },
    clock: () => (clockMs += 125),
    sleep,
    fetch: guardedFetch(RULES),
  })
  const closing = new AbortController()
  return {
    sink,
    scraper,
    closing,
    async scrape(timeMs: number): Promise<Record<string, number>> {
      const before = sink.points.length
      await scraper.scrape(timeMs, closing.signal)
      return Object.fromEntries(sink.points.slice(before).map(({ metric, value }) => [metric, value]))
    },
  }
}

describe('a scrape', () => {
  test('writes the samples and the report with the labels of the target', async () => {
    const address = await serve(text('a{job="own"} 1\n'))
    const { sink, scrape, scraper } = scraperOf(job(address, { labels: { region: 'eu' } }))
    await scrape(1000)
    const labels = `instance="${address}",job="app",region="eu"`
    expect(sink.lines()).toEqual([
      `a{exported_job="own",${labels}} 1 @1000`,
      `up{${labels}} 1 @1000`,
      `scrape_duration_seconds{${labels}} 0.125 @1000`,
      `scrape_samples_scraped{${labels}} 1 @1000`,
      `scrape_samples_post_metric_relabeling{${labels}} 1 @1000`,
      `scrape_series_added{${labels}} 1 @1000`,
    ])
    expect(scraper.status()).toMatchObject({ health: 'up', lastError: undefined, lastSamples: 1, lastScrapeMs: 1000 })
  })

  test('asks for OpenMetrics and gzip, and sends the headers of the job', async () => {
    let headers: Record<string, unknown> = {}
    const address = await serve((request, response) => {
      headers = request.headers
      response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8')
      response.setHeader('content-encoding', 'gzip').end(gzipSync('a_total 5 1.5\n# EOF\n'))
    })
    const { sink, scrape } = scraperOf(job(address, { headers: { authorization: 'Bearer x' } }))
    await scrape(1000)
    expect(headers).toMatchObject({ authorization: 'Bearer x', 'accept-encoding': 'gzip' })
    expect(headers.accept).toMatch(/^application\/openmetrics-text;version=1\.0\.0/)
    expect(headers['x-prometheus-scrape-timeout-seconds']).toBe('10')
    expect(sink.points[0]).toMatchObject({ metric: 'a_total', timeMs: 1500, value: 5 })
  })

  test('honours labels and ignores timestamps if the job says so', async () => {
    const address = await serve(text('a{job="own"} 1 5\n'))
    const { sink, scrape } = scraperOf(job(address, { honor_labels: true, honor_timestamps: false }))
    await scrape(1000)
    expect(sink.points[0]).toMatchObject({ labels: { job: 'own', instance: address }, timeMs: 1000 })
  })

  test('with bad lines keeps the good ones and tells the first', async () => {
    const address = await serve(text('a 1\nb x\nc 2\n'))
    const { scrape, scraper } = scraperOf(job(address))
    expect(await scrape(1000)).toMatchObject({ a: 1, c: 2, up: 1, scrape_samples_scraped: 2 })
    expect(scraper.status()).toMatchObject({ health: 'up', lastError: expect.stringContaining('line 2: the value') })
  })
})

describe('a redirect', () => {
  const to = (location: string) =>
    ((request, response) => {
      if (request.url === '/metrics') response.writeHead(307, { location }).end()
      else response.end(`a{path="${request.url}"} 1\n`)
    }) satisfies RequestListener

  test('on the same host is followed', async () => {
    const { sink, scrape } = scraperOf(job(await serve(to('/elsewhere'))))
    expect(await scrape(1000)).toMatchObject({ up: 1, a: 1 })
    expect(sink.points[0].labels.path).toBe('/elsewhere')
  })

  test.each(['http://127.0.0.1:1/admin', 'http://localhost/', 'http://[', 'ftp://127.0.0.1/'])(
    'to %s is told and not followed',
    async (location) => {
      const { scrape, scraper } = scraperOf(job(await serve(to(location))))
      expect(await scrape(1000)).toMatchObject({ up: 0 })
      expect(scraper.status().lastError).toContain('redirects to')
    },
  )

  test('without end is given up', async () => {
    const { scrape, scraper } = scraperOf(job(await serve(to('/metrics'))))
    await scrape(1000)
    expect(scraper.status().lastError).toBe('the target redirects more than 5 times')
  })
})

describe('a scrape fails', () => {
  test.each([
    ['HTTP status 500', ((_, response) => response.writeHead(500).end('a 1\n')) satisfies RequestListener],
    ['web page', text('<html></html>', 'text/html; charset=utf-8')],
    ['not an exposition', text('{"error": "no"}')],
    ['more than 1048576 bytes', text('a 1\n'.repeat(300_000))],
    ['cannot be reached', ((request) => request.socket.destroy()) satisfies RequestListener],
  ])('%s', async (reason, answer) => {
    const { scrape, scraper } = scraperOf(job(await serve(answer)))
    expect(await scrape(1000)).toMatchObject({ up: 0, scrape_samples_scraped: 0 })
    expect(scraper.status()).toMatchObject({ health: 'down', lastError: expect.stringContaining(reason) })
  })

  test('if it inflates beyond the limit, however small it is sent', async () => {
    const address = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(50 << 20, 'a 1\n')))
    })
    const { scrape, scraper } = scraperOf(job(address))
    expect(await scrape(1000)).toMatchObject({ up: 0 })
    expect(scraper.status().lastError).toContain('limit of body_bytes')
  })

  test('if the target does not answer in time', async () => {
    const { scrape, scraper } = scraperOf(job(await serve(() => undefined)), { sleep: async () => undefined })
    expect(await scrape(1000)).toMatchObject({ up: 0 })
    expect(scraper.status().lastError).toBe('the target did not answer within 10000 ms')
  })

  test('and then all of its series are stale', async () => {
    let isUp = true
    const address = await serve((_, response) => (isUp ? response.end('a 1\n') : response.writeHead(503).end()))
    const { sink, scrape } = scraperOf(job(address))
    await scrape(1000)
    isUp = false
    await scrape(2000)
    expect(sink.points.filter(({ stale }) => stale)).toMatchObject([{ metric: 'a', timeMs: 2000 }])
  })
})

test('samples that the log does not take are told, and the next scrape goes on', async () => {
  const { scraper, sink, scrape } = scraperOf(job(await serve(text('a 1\n'))))
  const { commit } = sink
  sink.commit = async () => {
    throw new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'disk full' })
  }
  await scrape(1000)
  expect(scraper.status().lastError).toContain('not stored: the log cannot take points now: disk full')
  sink.commit = commit
  await scrape(2000)
  expect(scraper.status()).toMatchObject({ health: 'up', lastError: undefined })
})

test('a scrape that is cut short by the close leaves no trace', async () => {
  let asked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const { scraper, sink, closing } = scraperOf(job(await serve(() => asked())))
  const scrape = scraper.scrape(1000, closing.signal)
  await isAsked
  closing.abort()
  await scrape
  expect(sink.points).toEqual([])
  expect(scraper.status().health).toBe('unknown')
})

describe('the loops', () => {
  const TIMEOUT_MS = 14_000

  /** A scraper on a clock that moves only when a loop sleeps or a target answers. */
  function onFakeTime(jobs: ScrapeJob[], fetchMs: number, untilMs: number) {
    let nowMs = 1_000_000
    const starts: number[] = []
    let inFlight = 0
    let mostInFlight = 0
    let ended = () => {}
    const isOver = new Promise<void>((resolve) => {
      ended = resolve
    })
    const scraper = startScraper(jobs, {
      opener: { open: () => new RecordingSink() },
      clock: () => nowMs,
      random: () => 0,
      rules: RULES,
      fetch: async () => {
        starts.push(nowMs)
        mostInFlight = Math.max(mostInFlight, ++inFlight)
        await Promise.resolve()
        nowMs += fetchMs
        inFlight--
        return new Response('a 1\n')
      },
      sleep: async (ms, signal) => {
        if (ms === TIMEOUT_MS) return untilAborted(ms, signal)
        if (nowMs + ms > untilMs) {
          ended()
          return untilAborted(ms, signal)
        }
        nowMs += Math.max(0, ms)
      },
    })
    return { scraper, starts, isOver, mostInFlight: () => mostInFlight }
  }

  test('scrape once an interval at the same place in it', async () => {
    const { scraper, starts, isOver } = onFakeTime([job('h:1', { timeout: '14s' })], 40, 1_100_000)
    await isOver
    await scraper.close()
    expect(starts.length).toBeGreaterThanOrEqual(6)
    expect(new Set(starts.map((start) => start % 15_000)).size).toBe(1)
    expect(scraper.targets()).toMatchObject([{ instance: 'h:1', health: 'up', lastScrapeDurationMs: 40 }])
  })

  test('never have two scrapes of a target in flight; one that takes too long costs the next', async () => {
    const { scraper, starts, isOver, mostInFlight } = onFakeTime([job('h:1', { timeout: '14s' })], 20_000, 1_200_000)
    await isOver
    await scraper.close()
    expect(mostInFlight()).toBe(1)
    for (let i = 1; i < starts.length; i++) expect(starts[i] - starts[i - 1]).toBe(30_000)
  })

  test('end with close, though a target hangs', async () => {
    let asked = () => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const address = await serve(() => asked())
    let sleeps = 0
    const scraper = startScraper([job(address)], {
      opener: { open: () => new RecordingSink() },
      clock: () => 0,
      random: () => 0,
      rules: RULES,
      sleep: async (ms, signal) => (sleeps++ === 0 ? undefined : untilAborted(ms, signal)),
    })
    await isAsked
    await scraper.close()
    expect(scraper.targets()[0].health).toBe('unknown')
  })
})
