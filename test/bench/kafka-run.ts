import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Compression } from '../../adapters/kafka/connection.js'
import { initTopics } from '../../adapters/kafka/init-topics.js'
import { createKafkaLog, type KafkaLog } from '../../adapters/kafka/log.js'
import { textTable } from '../../cli/text-table.js'
import { startStack } from '../../infra/stack/start.js'
import { createGateway } from '../../ingest/gateway/gateway.js'
import { InfluxDecoder } from '../../ingest/influx/decoder.js'
import { parsePrecision } from '../../ingest/influx/precision.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { MemoryLog } from '../../ingest/testing/memory-log.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { LogAppend, LogEntry } from '../../schemas/ports/log.js'
import { startMeter } from './measured-process.js'
import { cpuSecondsOf } from './process-cpu.js'
import { bodiesOf, SHAPES } from './shapes.js'

const USAGE = `usage: node dist/test/bench/kafka-run.js [--megabytes N]

What each compression costs and saves on the gateway's records: appended by 8 at once to 4 partitions of a Kafka that is
started for it, and read back by one group. Bytes are those of the records, uncompressed (default 192 MB a line).`

const CODECS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const WRITERS = 8
const WARM_UP_BYTES = 8 << 20

const { values: args } = parseArgs({
  options: { megabytes: { type: 'string', default: '192' }, help: { type: 'boolean' } },
})
if (args.help) {
  console.log(USAGE)
  process.exit()
}

const HEAD = ['shape', 'codec', 'ratio', 'append MB/s', 'CPU-s/GB', 'read MB/s', 'CPU-s/GB', "broker's CPU-s/GB"]
const dir = mkdtempSync(join(tmpdir(), 'tidemark-kafka-'))
const stack = await startStack({ dir, parts: ['kafka'], log: console.error })
const broker = stack.part('kafka')
try {
  const rows: string[][] = []
  for (const shape of SHAPES.filter(({ name }) => name !== 'low100k')) {
    const records = await recordsOf(shape)
    for (const codec of CODECS) rows.push([shape.name, codec, ...(await measure(records, codec))])
  }
  console.log(textTable(HEAD, rows))
} finally {
  await stack.stop()
  rmSync(dir, { recursive: true })
}

/** The records that the gateway makes of a shape's bodies, over four partitions. */
async function recordsOf(shape: (typeof SHAPES)[number]): Promise<LogAppend[][]> {
  const log = new MemoryLog()
  const config = loadConfig({ env: {} })
  const gateway = createGateway({
    log,
    layouts: [firstLayout(4)],
    limits: config.limits,
    policies: [],
    clock: Date.now,
  })
  const decoder = new InfluxDecoder()
  const requests: LogAppend[][] = []
  for (const { bytes } of bodiesOf(shape, Date.now() - 600_000, 6)) {
    const request = gateway.open()
    decoder.decode(bytes, { nowMs: Date.now(), precision: parsePrecision('ns')! }, request)
    await request.commit()
    requests.push(log.appended.splice(0))
  }
  return requests
}

async function measure(requests: LogAppend[][], codec: Compression): Promise<string[]> {
  const prefix = `bench-${codec}-${process.pid}-${Date.now()}.`
  const overrides = { 'kafka.brokers': [broker.address], 'kafka.topic_prefix': prefix, 'kafka.compression': codec }
  const config = loadConfig({ env: {}, overrides })
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  await initTopics(config, silent)
  const log = await createKafkaLog(config, {
    clock: Date.now,
    logger: silent,
    onError: (error) => console.error(error.message),
  })
  try {
    const warmUp = await append(log, requests, WARM_UP_BYTES)
    const brokerBefore = brokerCpu()
    const spent = startMeter()
    const bytes = await append(log, requests, Number(args.megabytes) << 20)
    const appended = spent()
    const total = bytes + warmUp
    spent()
    await readAll(log)
    const read = spent()
    const gigabytes = bytes / 1e9
    const onDisk = folderBytes(join(dir, 'kafka', 'logs'), prefix)
    return [
      (total / onDisk).toFixed(2),
      (bytes / 1e6 / appended.wallSeconds).toFixed(0),
      (appended.cpuSeconds / gigabytes).toFixed(1),
      (total / 1e6 / read.wallSeconds).toFixed(0),
      (read.cpuSeconds / (total / 1e9)).toFixed(1),
      ((brokerCpu() - brokerBefore) / gigabytes).toFixed(1),
    ]
  } finally {
    await log.close()
  }
}

async function append(log: KafkaLog, requests: LogAppend[][], upTo: number): Promise<number> {
  let bytes = 0
  let next = 0
  const write = async () => {
    while (bytes < upTo) {
      const records = requests[next++ % requests.length]
      bytes += records.reduce((sum, { value }) => sum + value.length, 0)
      await log.append('tidemark.points', records)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
  return bytes
}

/** Reads from the first record to the last. */
async function readAll(log: KafkaLog): Promise<void> {
  const left = new Map((await log.bounds('tidemark.points')).map(({ partition, end }) => [partition, end]))
  await new Promise<void>((resolve, reject) => {
    const reader = {
      assign: async () => undefined,
      revoke: async () => undefined,
      read: async (partition: number, entries: LogEntry[]) => {
        if (entries[entries.length - 1].offset + 1 >= left.get(partition)!) left.delete(partition)
        if ([...left.values()].every((end) => end === 0)) resolve()
      },
    }
    log.consume('tidemark.points', 'bench', reader).then(({ ended }) => ended.then(undefined, reject), reject)
  })
}

function brokerCpu(): number {
  return cpuSecondsOf(broker.pid()!)
}

function folderBytes(folder: string, prefix: string): number {
  const topics = readdirSync(folder).filter((name) => name.startsWith(prefix))
  return topics
    .flatMap((topic) => readdirSync(join(folder, topic)).map((file) => join(folder, topic, file)))
    .filter((path) => path.endsWith('.log'))
    .reduce((bytes, path) => bytes + statSync(path).size, 0)
}
