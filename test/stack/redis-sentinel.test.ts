import { afterEach, expect, test } from 'vitest'
import { createRedisLiveView } from '../../adapters/redis/live-view.js'
import { createRedisWindowChanges } from '../../adapters/redis/window-changes.js'
import { loadConfig } from '../../schemas/config/load.js'
import { eventually } from '../contract/eventually.js'
import { batch, cpu, T0 } from '../contract/window-fixtures.js'
import { RedisServer } from './redis-servers.js'
import { closeWindow, covered, fed, S, starts } from './redis-stage.js'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function started(server: Promise<RedisServer>): Promise<RedisServer> {
  const one = await server
  closers.push(() => one.close())
  return one
}

test('the master is found by its sentinels, and the next one after it has died', async () => {
  const master = await started(RedisServer.start())
  const replica = await started(RedisServer.start('--replicaof', '127.0.0.1', String(master.port)))
  const sentinel = await started(RedisServer.startSentinel(master, 'main'))
  const url = `redis+sentinel://127.0.0.1:${sentinel.port}/main`
  const config = loadConfig({ env: {}, overrides: { 'redis.url': url } })
  const view = await createRedisLiveView(config, { partitions: 1 })
  closers.push(() => view.close())
  const changes = createRedisWindowChanges(config)
  closers.push(() => changes.close())
  let missed = 0
  let changed = 0
  await changes.watch({ changed: () => void changed++, missed: () => void missed++ })
  await fed(view, 3)
  expect(await covered(view)).toBe(0)
  await eventually(() => expect(changed).toBe(3))
  await eventually(async () => {
    const known = String(await sentinel.admin.call('SENTINEL', 'REPLICAS', 'main'))
    expect(known).toContain(`${replica.port}`)
    expect(await replica.admin.hlen('{tm:p0}:index')).toBe(7)
  })

  await master.kill()
  const feed = await eventually30(() => view.follow(0, T0 + 30 * S))
  expect(await covered(view)).toBe(0)
  await closeWindow(feed, 3)
  expect(await starts(view)).toEqual([0, 10, 20, 30])
  await eventually(() => expect(missed).toBe(1), 30_000)
  const before = changed
  await feed.put([batch(T0 + 40 * S, 0, [{ series: cpu(), values: [1] }], false)], T0 + 40 * S)
  await eventually(() => expect(changed).toBe(before + 1))
})

/** What an action gives once it no longer fails: a failover takes some seconds. */
async function eventually30<T>(action: () => Promise<T>): Promise<T> {
  let result: T | undefined
  await eventually(async () => {
    result = await action()
  }, 30_000)
  return result as T
}
