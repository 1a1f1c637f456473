import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkTopics } from '../../adapters/kafka/check-topics.js'
import { initTopics } from '../../adapters/kafka/init-topics.js'
import { createKafkaLog } from '../../adapters/kafka/log.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'
import { eventually } from '../contract/eventually.js'
import { bytesOf, RecordingReader } from '../contract/recording-reader.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { POINTS, silent } from './kafka-stage.js'
import { type SecuredBroker, STRANGER, startSecuredBroker, USER } from './secured-broker.js'

let folder: string
let broker: SecuredBroker
beforeAll(async () => {
  folder = await scratchFolder()
  broker = await startSecuredBroker(folder)
})
afterAll(async () => {
  await broker.server.stop()
  await rm(folder, { recursive: true })
})

function configWith(settings: Partial<Config['kafka']>): Config {
  const { ca, cert, key, address } = broker
  const prefix = `t${randomUUID().slice(0, 8)}.`
  const base = { brokers: [address], topic_prefix: prefix, tls: true, ca, cert, key, sasl: 'plain', ...USER }
  const kafka = Object.entries({ ...base, ...settings }).map(([name, value]) => [`kafka.${name}`, value])
  return loadConfig({ env: {}, overrides: Object.fromEntries(kafka) })
}

const open = (config: Config, onError: (error: Error) => void = () => undefined) =>
  createKafkaLog(config, { clock: Date.now, logger: silent, onError })

test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('logs in over TLS with %s, appends and reads', async (sasl) => {
  const config = configWith({ sasl })
  await initTopics(config, silent)
  expect((await checkTopics(config, silent)).every(({ state }) => state === 'ok')).toBe(true)
  const log = await open(config)
  await log.append(POINTS, [{ partition: 0, value: bytesOf('a') }])
  const reader = new RecordingReader()
  const subscription = await log.consume(POINTS, 'g', reader)
  await reader.reached(1)
  await subscription.commit(0, { offset: 1, metadata: 'm' })
  await log.close()
})

const refusals: [name: string, settings: Partial<Config['kafka']>, code: string][] = [
  ['a wrong password', { password: 'wrong' }, 'TM_LOG_DENIED'],
  ['a wrong password for SCRAM', { sasl: 'scram-sha-512', password: 'wrong' }, 'TM_LOG_DENIED'],
  ['a user without rights', STRANGER, 'TM_LOG_DENIED'],
  ['no certificate of its own', { cert: '', key: '' }, 'TM_LOG_UNAVAILABLE'],
  ['an authority that it does not know', { ca: '' }, 'TM_LOG_UNAVAILABLE'],
  ['a broker that wants TLS, without it', { tls: false, ca: '', cert: '', key: '' }, 'TM_LOG_UNAVAILABLE'],
]
test.each(refusals)('%s is told as what it is', async (_, settings, code) => {
  const config = configWith({})
  await initTopics(config, silent)
  const wrong = { ...config, kafka: { ...config.kafka, ...settings } }
  const log = await open(wrong)
  await expect(log.append(POINTS, [{ partition: 0, value: bytesOf('a') }])).rejects.toMatchObject({ code })
  await expect(log.consume(POINTS, 'g', new RecordingReader())).rejects.toMatchObject({ code })
  const findings = await checkTopics(wrong, silent)
  expect(findings.some(({ state }) => state === 'problem')).toBe(true)
  await log.close()
})

test('a certificate that cannot be read is told by the name of the setting', async () => {
  await expect(open(configWith({ ca: `${folder}/none.pem` }))).rejects.toMatchObject({
    code: 'TM_CONFIG',
    details: { key: 'kafka.ca' },
  })
})

test('rights that come later are used without a restart', async () => {
  const config = configWith({})
  await initTopics(config, silent)
  const { Kafka } = (await import('kafkajs')).default
  const admin = new Kafka({ brokers: [broker.server.address], logLevel: 0 }).admin()
  await admin.connect()
  const stranger = await open({ ...config, kafka: { ...config.kafka, ...STRANGER } })
  const append = () => stranger.append(POINTS, [{ partition: 0, value: bytesOf('a') }])
  await expect(append()).rejects.toMatchObject({ code: 'TM_LOG_DENIED', retriable: true })
  const all = {
    resourcePatternType: 3,
    principal: `User:${STRANGER.username}`,
    host: '*',
    operation: 2,
    permissionType: 3,
  }
  await admin.createAcls({
    acl: [
      { ...all, resourceType: 2, resourceName: '*' },
      { ...all, resourceType: 3, resourceName: '*' },
    ],
  })
  await eventually(append, 20_000)
  const reader = new RecordingReader()
  await stranger.consume(POINTS, 'g', reader)
  await reader.reached(1)
  await stranger.close()
  await admin.disconnect()
})
