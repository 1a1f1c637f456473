import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Stack, startStack } from '../../infra/stack/start.js'

let dir: string
let stack: Stack | undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ts-'))
})

afterEach(async () => {
  await stack?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const start = async () => {
  stack = await startStack({ dir, parts: ['redis'], log: () => undefined })
  return stack
}

test('what was written before a stop is there after the next start, on the same port', async () => {
  const first = await start()
  await ask(first, (redis) => redis.set('kept', 'yes'))
  await first.stop()
  const second = await start()
  expect(second.config).toEqual(first.config)
  expect(await ask(second, (redis) => redis.get('kept'))).toBe('yes')
})

test('a server that was killed starts again on the same port with what it had acknowledged', async () => {
  const { part, config } = await start()
  const server = part('redis')
  const before = server.pid()
  await ask({ config }, (redis) => redis.set('kept', 'yes'))
  await server.kill()
  expect(server.pid()).toBeUndefined()
  await server.start()
  expect(server.pid()).not.toBe(before)
  expect(await ask({ config }, (redis) => redis.get('kept'))).toBe('yes')
})

async function ask<T>({ config }: Pick<Stack, 'config'>, request: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(config.redis?.url ?? '')
  try {
    return await request(redis)
  } finally {
    redis.disconnect()
  }
}
