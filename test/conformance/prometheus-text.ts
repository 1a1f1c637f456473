import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PrometheusTextDecoder } from '../../ingest/prometheus/text-decoder.js'
import type { ScrapeTarget } from '../../ingest/scrape/target.js'
import { TargetScraper } from '../../ingest/scrape/target-scraper.js'
import { type RecordedPoint, RecordingSink } from '../recording-sink.js'
import type { CorpusReport } from './report.js'

/** What is known to be in an exposition; of others the lines are counted. */
const KNOWN: Record<string, Counts> = {
  'node_exporter.prom': { samples: 3027, families: 1228 },
  'node_exporter_freebsd.prom': { samples: 106, families: 95 },
}

interface Counts {
  samples: number
  families: number
}

const NOW_MS = 1_700_000_000_000

/** Real expositions: every sample of every family is read, both as a pushed body and through a scrape. */
export async function runPrometheusText(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'prometheus-text', passed: 0, failures: [] }
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.prom')).sort()) {
    const body = await readFile(join(folder, name))
    const expected = KNOWN[name] ?? countLines(body.toString('utf8'))
    for (const [path, read] of [
      ['pushed', push],
      ['scraped', scrape],
    ] as const) {
      const failure = compare(await read(body), body.toString('utf8'), expected)
      if (failure === undefined) report.passed++
      else report.failures.push(`${name}, ${path}: ${failure}`)
    }
  }
  return report
}

async function push(body: Uint8Array): Promise<RecordingSink> {
  const sink = new RecordingSink()
  new PrometheusTextDecoder().decode(body, { nowMs: NOW_MS }, sink)
  return sink
}

async function scrape(body: Uint8Array): Promise<RecordingSink> {
  const sink = new RecordingSink()
  const target: ScrapeTarget = {
    job: 'node',
    instance: 'host:9100',
    url: 'http://host:9100/metrics',
    intervalMs: 15_000,
    timeoutMs: 10_000,
    labels: { job: 'node', instance: 'host:9100' },
    honorLabels: false,
    honorTimestamps: true,
    headers: {},
    bodyBytes: body.length,
  }
  const scraper = new TargetScraper(target, {
    opener: { open: () => sink },
    clock: () => NOW_MS,
    sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    fetch: async () => new Response(Buffer.from(body), { headers: { 'content-type': 'text/plain; version=0.0.4' } }),
  })
  await scraper.scrape(NOW_MS, new AbortController().signal)
  return sink
}

function compare({ points, refusals }: RecordingSink, text: string, expected: Counts): string | undefined {
  const [refusal] = refusals
  if (refusal !== undefined) return `line ${refusal.position}: ${refusal.reason}`
  const exposed = points.filter(({ position }) => position > 0)
  if (exposed.length !== expected.samples) return `${exposed.length} samples instead of ${expected.samples}`
  const families = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
  if (families.size !== expected.families) return `${families.size} families instead of ${expected.families}`
  const stray = exposed.find((point) => !isOfFamily(point, families))
  return stray && `line ${stray.position}: ${stray.metric} is of no family of the file`
}

/** The files declare every family, some without samples. */
function isOfFamily({ metric }: RecordedPoint, families: ReadonlySet<string>): boolean {
  return families.has(metric) || families.has(metric.replace(/_(?:bucket|count|sum)$/, ''))
}

function countLines(text: string): Counts {
  const lines = text.split('\n')
  return {
    samples: lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).length,
    families: lines.filter((line) => line.startsWith('# TYPE ')).length,
  }
}
