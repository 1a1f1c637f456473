import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { checkTopics } from '../../adapters/kafka/check-topics.js'
import { initTopics } from '../../adapters/kafka/init-topics.js'
import { eventually } from '../contract/eventually.js'
import { logContract } from '../contract/log.contract.js'
import { bytesOf, follow, RecordingReader } from '../contract/recording-reader.js'
import { emptyStage, type KafkaStage, kafkaStage, POINTS, silent } from './kafka-stage.js'

const { kafka } = inject('stack')
const brokers = kafka.brokers!

logContract('Kafka', async () => {
  const stage = await kafkaStage(brokers)
  let log = await stage.open()
  return {
    log,
    reopen: async () => {
      await log.close()
      log = await stage.open()
      return log
    },
    close: () => stage.close(),
  }
})

let stage: KafkaStage
const closing = () => afterEach(() => stage.close())

describe('every compression', () => {
  closing()
  const values = [
    new Uint8Array(0),
    Uint8Array.of(7),
    bytesOf('host=h region=eu '.repeat(50_000)),
    Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2_654_435_761) >>> 24),
  ]
  const records = values.map((value) => ({ partition: 0, value }))

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('%s gives back every byte', async (compression) => {
    stage = await kafkaStage(brokers, { 'kafka.compression': compression })
    const log = await stage.open()
    await log.append(POINTS, records)
    const { reader } = await follow(log, POINTS, 'g')
    await reader.reached(values.length)
    expect(reader.entries.get(0)!.every(({ value }, i) => Buffer.compare(value, values[i]) === 0)).toBe(true)
  })

  test.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'is read as %s too, if an operator lets brokers compress anew',
    async (compression) => {
      stage = await kafkaStage(brokers)
      const configEntries = [{ name: 'compression.type', value: compression }]
      await stage.admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: stage.points, configEntries }],
      })
      const log = await stage.open()
      await log.append(POINTS, records)
      const { reader } = await follow(log, POINTS, 'g')
      await reader.reached(values.length)
      expect(reader.entries.get(0)!.every(({ value }, i) => Buffer.compare(value, values[i]) === 0)).toBe(true)
    },
  )
})

describe('what Kafka refuses is told', () => {
  closing()
  test('topics that do not exist, with the command that makes them', async () => {
    stage = await emptyStage(brokers)
    const log = await stage.open()
    const refusal = { code: 'TM_LOG_TOPIC', retriable: true, hint: expect.stringContaining('tidemark init') }
    await expect(log.append(POINTS, [{ partition: 0, value: bytesOf('a') }])).rejects.toMatchObject(refusal)
    await expect(log.bounds(POINTS)).rejects.toMatchObject(refusal)
    await expect(log.consume(POINTS, 'g', new RecordingReader())).rejects.toMatchObject(refusal)
    await initTopics(stage.config, silent)
    await log.append(POINTS, [{ partition: 0, value: bytesOf('a') }])
    expect((await log.bounds(POINTS))[0].end).toBe(1)
  })

  test('a record that is too large, while others of the same moment are stored', async () => {
    stage = await kafkaStage(brokers, { 'kafka.compression': 'none' })
    const log = await stage.open()
    const small = { partition: 0, value: bytesOf('small') }
    const large = { partition: 0, value: new Uint8Array(17 << 20) }
    const outcomes = await Promise.allSettled([
      log.append(POINTS, [small]),
      log.append(POINTS, [large]),
      log.append(POINTS, [small, small]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'TM_LOG_RECORD_SIZE', retriable: false } })
    expect((await log.bounds(POINTS))[0].end).toBe(3)
  })

  test('a partition that does not exist: no record passes for stored', async () => {
    stage = await kafkaStage(brokers)
    const log = await stage.open()
    const to = (partition: number) => log.append(POINTS, [{ partition, value: bytesOf('a') }])
    await expect(Promise.allSettled([to(0), to(99), to(1)])).resolves.toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'TM_LOG_UNAVAILABLE' } },
      { status: 'fulfilled' },
    ])
  })

  test('a broker that cannot be reached', async () => {
    stage = await kafkaStage(brokers)
    stage.config.kafka.brokers = ['127.0.0.1:1']
    const log = await stage.open()
    const refusal = { code: 'TM_LOG_UNAVAILABLE', retriable: true }
    await expect(log.append(POINTS, [{ partition: 0, value: bytesOf('a') }])).rejects.toMatchObject(refusal)
    await expect(log.consume(POINTS, 'g', new RecordingReader())).rejects.toMatchObject(refusal)
    const [finding] = await checkTopics(stage.config, silent)
    expect(finding).toMatchObject({ state: 'problem', fix: expect.stringContaining('kafka.brokers') })
  })
})

describe('a reader', () => {
  closing()
  beforeEach(async () => {
    stage = await kafkaStage(brokers, { 'kafka.compression': 'none' })
  })

  test('that retention has passed is told so, goes on at the earliest record, and keeps its metadata', async () => {
    const log = await stage.open()
    const append = (from: number, to: number) => {
      const texts = Array.from({ length: to - from }, (_, i) => `${from + i} `.padEnd(1 << 20, '.'))
      return log.append(
        POINTS,
        texts.map((text) => ({ partition: 0, value: bytesOf(text) })),
      )
    }
    await append(0, 60)
    const reader = new RecordingReader()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    reader.during = () => held
    const subscription = await log.consume(POINTS, 'g', reader)
    await reader.reached(1)
    await subscription.commit(0, { offset: 1, metadata: 'watermark' })
    await stage.removeBefore(0, 59)
    release()
    await eventually(() => expect(reader.texts(0).at(-1)).toMatch(/^59 /))
    const expired = stage.errors.find(({ code }) => code === 'TM_LOG_RECORDS_EXPIRED')
    expect(expired?.details).toMatchObject({ partition: 0, to: 58 })
    expect(expired?.details.from).toBe(Number.parseInt(reader.texts(0).at(-2)!, 10) + 1)
    await eventually(async () => expect(await stage.stored('g', 0)).toEqual({ offset: 1, metadata: 'watermark' }))
  })

  test('whose position expired while it was away starts at the earliest record, with its metadata', async () => {
    const log = await stage.open()
    const first = await follow(log, POINTS, 'g')
    await log.append(
      POINTS,
      ['a', 'b', 'c'].map((text) => ({ partition: 0, value: bytesOf(text) })),
    )
    await first.reader.reached(3)
    await first.subscription.commit(0, { offset: 1, metadata: 'watermark' })
    await first.subscription.close()
    await stage.removeBefore(0, 2)
    const second = await follow(log, POINTS, 'g')
    await second.reader.reached(1)
    expect(second.reader.assigned.get(0)).toEqual({ offset: 1, metadata: 'watermark' })
    expect(second.reader.texts(0)).toEqual(['c'])
    expect(stage.errors.map(({ code, details }) => [code, details.from, details.to])).toEqual([
      ['TM_LOG_RECORDS_EXPIRED', 1, 1],
    ])
  })

  test('is given partitions that are added to the topic, and what is appended to them', async () => {
    const log = await stage.open()
    const { reader } = await follow(log, POINTS, 'g')
    await log.append(POINTS, [{ partition: 0, value: bytesOf('old') }])
    await reader.reached(1)
    await stage.admin.createPartitions({ topicPartitions: [{ topic: stage.points, count: 5 }] })
    await eventually(async () => {
      expect(await log.partitions(POINTS)).toBe(5)
      await log.append(POINTS, [{ partition: 4, value: bytesOf('new') }])
    }, 30_000)
    await eventually(() => expect(reader.texts(4)).toContain('new'), 30_000)
    expect(reader.revoked.size).toBe(0)
  })
})

describe('the topics', () => {
  closing()
  test('are made as configured, and once', async () => {
    stage = await emptyStage(brokers, { 'log.points_retention': '36h' })
    const steps = await initTopics(stage.config, silent)
    expect(steps.map(({ isDone }) => isDone)).toEqual([true, true, true])
    expect(await initTopics(stage.config, silent)).toEqual([])
    const findings = await checkTopics(stage.config, silent)
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(findings[0].detail).toMatch(/1 broker, Kafka 4\.1 or newer/)
  })

  test('are mended where they differ, and keep what else was set at them', async () => {
    stage = await kafkaStage(brokers, { 'log.partitions': 2 })
    const foreign = [
      { name: 'retention.ms', value: '1000' },
      { name: 'segment.bytes', value: '2000000' },
      { name: 'max.message.bytes', value: '1000012' },
    ]
    const resource = { type: 2, name: stage.points }
    await stage.admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: foreign }] })
    stage.config.log.partitions = 4
    const problems = (await checkTopics(stage.config, silent)).filter(({ state }) => state === 'problem')
    expect(problems.map(({ detail }) => detail.split(' ')[0])).toEqual(['retention.ms', 'max.message.bytes'])
    const texts = (await initTopics(stage.config, silent)).filter(({ topic }) => topic === stage.points)
    expect(texts.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['partitions: 2 → 4', 'retention.ms: 1000 → 86400000']),
    )
    expect((await checkTopics(stage.config, silent)).every(({ state }) => state === 'ok')).toBe(true)
    const described = await stage.admin.describeConfigs({ resources: [resource], includeSynonyms: false })
    const kept = described.resources[0].configEntries.find(({ configName }) => configName === 'segment.bytes')
    expect(kept?.configValue).toBe('2000000')
  })

  test('with more copies than brokers are refused by the name of the setting', async () => {
    stage = await emptyStage(brokers, { 'kafka.replication': 3 })
    await expect(initTopics(stage.config, silent)).rejects.toMatchObject({
      code: 'TM_CONFIG',
      details: { key: 'kafka.replication' },
    })
    const findings = await checkTopics(stage.config, silent)
    expect(findings.map(({ state }) => state)).toEqual(['problem', 'problem', 'problem', 'problem'])
  })
})
