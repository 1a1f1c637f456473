import { expect, test } from 'vitest'
import { OpenMetricsDecoder } from '../../ingest/prometheus/openmetrics-decoder.js'
import { PrometheusTextDecoder } from '../../ingest/prometheus/text-decoder.js'
import { RecordingSink } from '../../test/recording-sink.js'
import { archiveMetrics, blockMetrics, flushSeconds } from './batch.js'
import { collector } from './collector.js'
import { gatewayMetrics, measuredLog } from './gateway.js'
import { logClientMetrics } from './log-client.js'
import { ProcessMetrics } from './process-metrics.js'
import { QueryMetrics } from './queries.js'
import { speedMetrics } from './speed.js'

const NOW_MS = 1_700_000_600_000

/** The page of a process that plays every role. */
async function everything(): Promise<ProcessMetrics> {
  const metrics = new ProcessMetrics({ version: '1.2.3', roles: ['gateway', 'speed'] })
  const log = measuredLog({ append: async () => undefined })
  await log.log.append('tidemark.points', [])
  const counts = { accepted: 12, refused: 3, refusedByCode: { TM_POINT_FUTURE: 3 }, activeSeries: 4 }
  metrics.add(gatewayMetrics({ counts: () => counts }, log))
  const partition = { partition: 0, lagRecords: 1, openWindows: 2, latePoints: 3, closedWindows: 5, isFed: true }
  metrics.add(
    speedMetrics(async () => [
      { ...partition, watermarkMs: NOW_MS },
      { ...partition, partition: 1, isFed: false },
    ]),
  )
  const archive = { partitions: [], lagMs: 1500, rawFiles: 1, rawBytes: 2, rawPoints: 3 }
  metrics.add(archiveMetrics(async () => archive, flushSeconds()))
  const blocks = { epoch: 1, frontierMs: NOW_MS - 600_000, blockMs: 1, sealed: 7, dirty: 1, recomputing: 0 }
  const audits = { latePoints: 0, unexplainedDivergence: 0, audited: 7 }
  const bounds = async () => [{ partition: 0, start: 3, end: 5 }]
  metrics.add(
    blockMetrics(
      async () => ({ ...blocks, ...audits }),
      { bounds },
      () => NOW_MS,
    ),
  )
  metrics.add(logClientMetrics(() => ({ readerRestarts: 1, producerRestarts: 0 })))
  const queries = new QueryMetrics()
  queries.answered({ type: 'range', ms: 30, isPartial: true })
  queries.lookedUp(false)
  // As it comes over the socket of the process that answers queries.
  metrics.addForeign(async () => JSON.parse(JSON.stringify(await queries.families())))
  return metrics
}

/** Families of a page: name, type and help. */
function families(page: string) {
  const helps = new Map([...page.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name, help]) => [name, help]))
  return [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name, type, help: helps.get(name) }))
}

test('names follow the rules of Prometheus: base units, _total on counters and nowhere else, help', async () => {
  const { body } = await (await everything()).page()
  const own = families(body).filter(({ name }) => name.startsWith('tidemark_'))
  expect(own.length).toBeGreaterThan(30)
  for (const { name, type, help } of own) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*[a-z]$/)
    expect(name).not.toMatch(/_(milliseconds|ms|minutes|hours|kilobytes|kb|mb|megabytes|percent|count|sum|bucket)(_|$)/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect([name, (help ?? '').length > 10 && help?.endsWith('.')]).toEqual([name, true])
    if (/duration|lag_|age_/.test(name) && !/records/.test(name)) expect(name).toMatch(/_seconds(_total)?$/)
  }
})

test('our own decoders understand both formats, and they tell the same', async () => {
  const metrics = await everything()
  const read = async (accept: string, decoder: PrometheusTextDecoder | OpenMetricsDecoder) => {
    const sink = new RecordingSink()
    const { body, contentType } = await metrics.page(accept)
    decoder.decode(Buffer.from(body), { nowMs: NOW_MS }, sink)
    expect(sink.refusals).toEqual([])
    const own = sink.lines().filter((line) => line.startsWith('tidemark_'))
    return { contentType, own: own.sort() }
  }
  const text = await read('text/plain', new PrometheusTextDecoder())
  const open = await read('application/openmetrics-text;version=1.0.0', new OpenMetricsDecoder())
  const again = await read('*/*', new PrometheusTextDecoder())
  expect([text.contentType, open.contentType]).toEqual([
    'text/plain; version=0.0.4; charset=utf-8',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  ])
  expect(open.own).toEqual(text.own)
  expect(again.own).toEqual(text.own)
  expect(text.own).toEqual(
    expect.arrayContaining([
      `tidemark_build_info{role="speed",version="1.2.3"} 1 @${NOW_MS}`,
      `tidemark_ingest_points_total{} 12 @${NOW_MS}`,
      `tidemark_ingest_refused_points_total{code="TM_POINT_FUTURE"} 3 @${NOW_MS}`,
      `tidemark_live_view_fed{partition="1"} 0 @${NOW_MS}`,
      `tidemark_tide_line_age_seconds{} 600 @${NOW_MS}`,
      `tidemark_dead_letters_total{} 5 @${NOW_MS}`,
      `tidemark_partial_answers_total{} 1 @${NOW_MS}`,
    ]),
  )
})

test('a part that cannot be asked has no values, is told as such and leaves the others', async () => {
  const metrics = new ProcessMetrics({ version: '1.2.3', roles: [] })
  let isAway = true
  metrics.add({
    collectors: [
      collector({
        name: 'catalog',
        families: { tidemark_blocks_sealed: { type: 'gauge', help: 'Blocks.' } },
        read: async () => {
          if (isAway) throw new Error('it is away')
          return { tidemark_blocks_sealed: 3 }
        },
      }),
    ],
  })
  const away = (await metrics.page()).body
  expect(away).toContain('tidemark_collector_success{collector="catalog"} 0')
  expect(away).not.toMatch(/^tidemark_blocks_sealed /m)
  isAway = false
  const back = (await metrics.page()).body
  expect(back).toContain('tidemark_collector_success{collector="catalog"} 1')
  expect(back).toMatch(/^tidemark_blocks_sealed 3$/m)
})

test('an append that fails is counted, one that succeeds is timed', async () => {
  let isAway = false
  const measured = measuredLog({
    append: async () => {
      if (isAway) throw new Error('it is away')
    },
  })
  await measured.log.append('tidemark.points', [])
  isAway = true
  await expect(measured.log.append('tidemark.points', [])).rejects.toThrow('it is away')
  expect(measured.failed()).toBe(1)
  const { values } = await measured.seconds.get()
  expect(values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(1)
})
