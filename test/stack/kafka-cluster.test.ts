import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkTopics } from '../../adapters/kafka/check-topics.js'
import { freePort } from '../../infra/stack/ports.js'
import type { StackPart } from '../../infra/stack/server.js'
import { asTidemarkError } from '../../schemas/errors.js'
import { eventually } from '../contract/eventually.js'
import { bytesOf, RecordingReader } from '../contract/recording-reader.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { customBroker } from './custom-broker.js'
import { kafkaStage, POINTS, silent } from './kafka-stage.js'
import { startWriter } from './numbered-writer.js'

let folder: string
let brokers: StackPart[]
beforeAll(async () => {
  folder = await scratchFolder()
  brokers = await threeBrokers(folder)
  await Promise.all(brokers.map((broker) => broker.start()))
})
afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.kill()))
  await rm(folder, { recursive: true })
})

async function threeBrokers(parent: string): Promise<StackPart[]> {
  const taken = new Set<number>()
  const nodes: { id: number; port: number; innerPort: number }[] = []
  for (const id of [1, 2, 3])
    nodes.push({ id, port: await freePort(undefined, taken), innerPort: await freePort(undefined, taken) })
  const voters = nodes.map(({ id, innerPort }) => `${id}@127.0.0.1:${innerPort}`).join()
  const cluster = randomBytes(16).toString('base64url')
  return nodes.map(({ id, port, innerPort }) => {
    const own = join(parent, `broker-${id}`)
    const properties = `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${innerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
log.dirs=${own}/logs
auto.create.topics.enable=false
offsets.topic.num.partitions=3
offsets.topic.replication.factor=3
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
`
    return customBroker({ folder: own, port, cluster, properties })
  })
}

const settings = { 'kafka.replication': 3 }
/** Six times a broker goes or comes, ms. */
const TEST_MS = 600_000

test('brokers that die one after the other lose nothing that was acknowledged, and stop neither writers nor readers', {
  timeout: TEST_MS,
}, async () => {
  const stage = await kafkaStage(
    brokers.map(({ address }) => address),
    settings,
  )
  try {
    expect((await checkTopics(stage.config, silent)).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok'])
    const log = await stage.open()
    const reader = new RecordingReader()
    const subscription = await log.consume(POINTS, 'g', reader)
    reader.during = (partition, entries) => {
      const offset = entries[entries.length - 1].offset + 1
      return subscription.commit(partition, { offset, metadata: `${offset}` }).catch((thrown) => {
        expect(asTidemarkError(thrown).retriable).toBe(true)
      })
    }
    const writers = [0, 1, 2].map((partition) => startWriter(log, partition))
    const allGoOn = async () => {
      const written = writers.map(({ acknowledged }) => acknowledged.length)
      const read = writers.map((_, partition) => reader.texts(partition).length)
      await eventually(() => {
        for (const [i, { acknowledged }] of writers.entries()) {
          expect(acknowledged.length).toBeGreaterThan(written[i] + 20)
          expect(reader.texts(i).length).toBeGreaterThan(read[i] + 20)
        }
      }, 90_000)
    }
    await allGoOn()
    for (const broker of brokers) {
      await broker.kill()
      await allGoOn()
      await broker.start()
      await allGoOn()
    }
    for (const writer of writers) await writer.stop()
    for (const [partition, { acknowledged, failures }] of writers.entries()) {
      for (const failure of failures) expect(failure).toBe('TM_LOG_UNAVAILABLE retriable')
      await eventually(() => {
        const read = new Set(reader.texts(partition))
        expect(acknowledged.filter((text) => !read.has(text))).toEqual([])
      }, 60_000)
    }
    for (const error of stage.errors) expect(error.retriable).toBe(true)
  } finally {
    await stage.close()
  }
})

test('with too few copies in sync nothing is acknowledged', { timeout: TEST_MS }, async () => {
  const stage = await kafkaStage(
    brokers.map(({ address }) => address),
    settings,
  )
  try {
    const log = await stage.open()
    const append = () => log.append(POINTS, [{ partition: 0, value: bytesOf('a') }])
    await append()
    const configEntries = [{ name: 'min.insync.replicas', value: '3' }]
    await stage.admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: stage.points, configEntries }] })
    await brokers[2].stop()
    await eventually(() => expect(append()).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' }), 60_000)
    await brokers[2].start()
    await eventually(append, 60_000)
  } finally {
    await stage.close()
  }
})
