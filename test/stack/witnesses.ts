import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Connection } from '@temporalio/client'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import type { PartName, StackConfig } from '../../infra/stack/part.js'

/** Leaves something in a server, and looks whether it is there. */
export interface Witness {
  leave(): Promise<void>
  finds(): Promise<boolean>
}

/** What stands for the data of each server. VictoriaMetrics holds the newest seconds in memory, and writes them for a snapshot. */
export const witnesses: Record<PartName, (config: StackConfig) => Witness> = {
  kafka: ({ kafka }) => record(kafka?.brokers ?? []),
  redis: ({ redis }) => key(redis?.url ?? ''),
  victoriametrics: ({ victoriametrics }) => point(victoriametrics?.url ?? ''),
  postgres: ({ catalog }) => row(catalog?.url ?? ''),
  s3: ({ s3 = {} }) => object(s3),
  temporal: ({ temporal }) => namespace(temporal?.address ?? ''),
}

function record(brokers: string[]): Witness {
  const topic = 'witness'
  const client = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  return {
    async leave() {
      const [admin, producer] = [client.admin(), client.producer()]
      await Promise.all([admin.connect(), producer.connect()])
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] })
      await producer.send({ topic, acks: -1, messages: [{ value: 'kept' }] })
      await Promise.all([admin.disconnect(), producer.disconnect()])
    },
    async finds() {
      const admin = client.admin()
      await admin.connect()
      const offsets = await admin.fetchTopicOffsets(topic)
      await admin.disconnect()
      return offsets[0].high === '1'
    },
  }
}

function key(url: string): Witness {
  const withClient = async <T>(request: (redis: Redis) => Promise<T>) => {
    const redis = new Redis(url)
    return request(redis).finally(() => redis.disconnect())
  }
  return {
    leave: () => withClient(async (redis) => void (await redis.set('witness', 'kept'))),
    finds: () => withClient(async (redis) => (await redis.get('witness')) === 'kept'),
  }
}

function point(url: string): Witness {
  const seconds = 1_700_000_000
  const request = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).text()
  return {
    async leave() {
      const body = `witness 42 ${seconds * 1000}\n`
      await request('/api/v1/import/prometheus', { method: 'POST', body })
      await request('/snapshot/create')
    },
    finds: async () => (await request(`/api/v1/query?query=witness&time=${seconds}`)).includes('"42"'),
  }
}

function row(connectionString: string): Witness {
  const query = async (text: string) => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    return client.query(text).finally(() => client.end())
  }
  return {
    leave: async () => void (await query('CREATE TABLE witness AS SELECT 42 AS n')),
    finds: async () => (await query('SELECT n FROM witness')).rows[0].n === 42,
  }
}

function object({
  endpoint,
  bucket,
  access_key_id = '',
  secret_access_key = '',
}: NonNullable<StackConfig['s3']>): Witness {
  const credentials = { accessKeyId: access_key_id, secretAccessKey: secret_access_key }
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  const place = { Bucket: bucket, Key: 'a/witness' }
  return {
    leave: async () => void (await client.send(new PutObjectCommand({ ...place, Body: 'kept' }))),
    finds: async () => (await (await client.send(new GetObjectCommand(place))).Body?.transformToString()) === 'kept',
  }
}

function namespace(address: string): Witness {
  const withServer = async <T>(request: (service: Connection['workflowService']) => Promise<T>) => {
    const connection = await Connection.connect({ address })
    return request(connection.workflowService).finally(() => connection.close())
  }
  const workflowExecutionRetentionPeriod = { seconds: 86_400 as never }
  return {
    leave: () =>
      withServer(
        async (service) =>
          void (await service.registerNamespace({ namespace: 'witness', workflowExecutionRetentionPeriod })),
      ),
    finds: () =>
      withServer(
        async (service) =>
          (await service.describeNamespace({ namespace: 'witness' })).namespaceInfo?.name === 'witness',
      ),
  }
}
