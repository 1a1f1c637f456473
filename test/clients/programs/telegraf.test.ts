import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { searchPath } from '../../../schemas/config/load.js'
import { TestServer } from '../../e2e/server.js'
import { Program, scratchFolder, untilNone } from './program.js'
import { difference, queryRange, type RangeAnswer } from './query-api.js'

const INTERVAL_S = 10
const RUN_MS = 36_000

/** A metric as Telegraf writes it to a file. */
interface WrittenMetric {
  name: string
  tags: Record<string, string>
  fields: Record<string, number | string>
  timestamp: number
}

const isInstalled = searchPath().some((folder) => existsSync(join(folder, 'telegraf')))
if (!isInstalled)
  console.warn('there is no telegraf on the PATH, its tests are skipped: infra/install-test-programs.sh builds it')

describe.skipIf(!isInstalled)('Telegraf', () => {
  const folder = scratchFolder()
  const written = join(folder.path, 'written.json')
  let server: TestServer
  let telegraf: Program

  beforeAll(async () => {
    server = await TestServer.start({
      dataDir: join(folder.path, 'data'),
      settings: {
        TIDEMARK_COLLECTOR_ENABLED: 'false',
        TIDEMARK_SELF_COLLECT: 'false',
        TIDEMARK_TEMPORAL_ENABLED: 'false',
      },
    })
    const config = join(folder.path, 'telegraf.conf')
    writeFileSync(config, telegrafConfig(server.url, written))
    telegraf = new Program('telegraf', ['--config', config])
    await sleep(RUN_MS)
    await telegraf.stop()
  })
  afterAll(async () => {
    await telegraf?.stop()
    await server?.stop()
    folder.remove()
  })

  test.each([
    ['/write, as for InfluxDB 1', 'v1'],
    ['/api/v2/write, as for InfluxDB 2', 'v2'],
    ['/api/v1/write, as remote-write', 'rw'],
  ])('writes to %s: every value as it wrote it to a file', async (_, prefix) => {
    const metrics = readFileSync(written, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as WrittenMetric)
    const times = [...new Set(metrics.map(({ timestamp }) => timestamp))].sort()
    expect(times.length).toBeGreaterThan(2)
    const expected = expectedAnswer(metrics, prefix, prefix === 'rw' ? PROMETHEUS_NAME : (tag) => tag)
    await untilNone(async () => {
      const found = await queryRange(server.url, `{__name__=~"${prefix}_.+"}`, times[0], times[times.length - 1])
      return difference(expected, found)
    }, 30_000)
    expect(telegraf.output.join('')).not.toMatch(/ E! /)
  })
})

/** Telegraf itself makes Prometheus names of its tags where it writes as Prometheus does. */
const PROMETHEUS_NAME = (tag: string) => tag.replaceAll(/[^a-zA-Z0-9_]/g, '_')

/** What a query every interval answers if all is stored: a field of a metric is a series. */
function expectedAnswer(
  metrics: readonly WrittenMetric[],
  prefix: string,
  labelName: (tag: string) => string,
): RangeAnswer {
  const answer: RangeAnswer = new Map()
  for (const { name, tags, fields, timestamp } of metrics) {
    for (const [field, value] of Object.entries(fields)) {
      const labels = Object.entries(tags).map(([tag, text]): [string, string] => [labelName(tag), text])
      const key = JSON.stringify([['__name__', `${prefix}_${name}_${field}`], ...labels].sort())
      const points = answer.get(key) ?? new Map<number, string>()
      answer.set(key, points.set(timestamp, String(value)))
    }
  }
  return answer
}

function telegrafConfig(url: string, written: string): string {
  return `
[agent]
  interval = "${INTERVAL_S}s"
  flush_interval = "2s"
  omit_hostname = false
[global_tags]
  "team name" = "core, infra=1"
[[inputs.cpu]]
  percpu = true
  totalcpu = true
[[inputs.mem]]
[[outputs.file]]
  files = ["${written}"]
  data_format = "json"
[[outputs.influxdb]]
  urls = ["${url}"]
  database = "telegraf"
  name_prefix = "v1_"
[[outputs.influxdb_v2]]
  urls = ["${url}"]
  token = "any"
  organization = "any"
  bucket = "any"
  content_encoding = "gzip"
  name_prefix = "v2_"
[[outputs.http]]
  url = "${url}/api/v1/write"
  data_format = "prometheusremotewrite"
  name_prefix = "rw_"
  [outputs.http.headers]
    Content-Type = "application/x-protobuf"
    Content-Encoding = "snappy"
    X-Prometheus-Remote-Write-Version = "0.1.0"
`
}
