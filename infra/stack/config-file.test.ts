import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { configFile, writeConfig } from './config-file.js'
import { definitions } from './definitions.js'
import { PART_NAMES } from './part.js'

test('the settings of all parts make a config that Tidemark takes, readable by its owner alone', () => {
  const home = mkdtempSync(join(tmpdir(), 'ts-'))
  const configs = PART_NAMES.map((name, index) =>
    definitions[name].config({ folder: join(home, name), port: 20_000 + index, innerPort: 30_000 }),
  )
  writeConfig(home, Object.assign({}, ...configs))
  const config = loadConfig({ path: configFile(home), env: {} })
  expect(statSync(configFile(home)).mode & 0o777).toBe(0o600)
  rmSync(home, { recursive: true })

  expect(config.data.dir).toBe(join(home, 'tidemark'))
  expect(config.kafka.brokers).toEqual(['127.0.0.1:20000'])
  expect(config.redis.url).toBe('redis://127.0.0.1:20001')
  expect(config.victoriametrics.url).toBe('http://127.0.0.1:20002')
  expect(config.catalog.url).toBe('postgres://tidemark:tidemark@127.0.0.1:20003/postgres')
  expect(config.s3).toMatchObject({ endpoint: 'http://127.0.0.1:20004', bucket: 'tidemark' })
  expect(config.temporal.address).toBe('127.0.0.1:20005')
})
