import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisCache } from '../../adapters/redis/cache.js'
import { createRedisLiveView } from '../../adapters/redis/live-view.js'
import { createRedisWindowChanges } from '../../adapters/redis/window-changes.js'
import { loadConfig } from '../../schemas/config/load.js'
import { cacheContract } from '../contract/cache.contract.js'
import { Feeder } from '../contract/feeder.js'
import { liveViewContract, PARTITIONS } from '../contract/live-view.contract.js'
import { windowChangesContract } from '../contract/window-changes.contract.js'
import { batch, cpu, everything, readAll, T0 } from '../contract/window-fixtures.js'
import { RedisServer } from './redis-servers.js'
import { unavailable } from './redis-stage.js'

let nodes: RedisServer[]

beforeAll(async () => {
  nodes = await RedisServer.startCluster(3)
})
afterAll(async () => {
  for (const node of nodes) await node.close()
})

/** The cluster, with keys of its own for each test. */
function config() {
  const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  return loadConfig({ env: {}, overrides: { 'redis.url': url, 'redis.prefix': `t${randomUUID().slice(0, 8)}` } })
}

liveViewContract('Redis Cluster', async () => {
  const view = await createRedisLiveView(config(), { partitions: PARTITIONS })
  return { view, close: () => view.close() }
})

windowChangesContract('Redis Cluster', true, async () => {
  const settings = config()
  const view = await createRedisLiveView(settings, { partitions: 1 })
  const changes = createRedisWindowChanges(settings)
  return {
    view,
    changes,
    interrupt: async () => {
      for (const { admin } of nodes) await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    },
    close: async () => {
      await changes.close()
      await view.close()
    },
  }
})

cacheContract('Redis Cluster', async () => {
  const cache = await createRedisCache(config())
  return { cache, pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)), close: () => cache.close() }
})

test('all of a partition lies on one node, and partitions are spread over all', async () => {
  const settings = config()
  const view = await createRedisLiveView(settings, { partitions: 16 })
  const feeder = new Feeder(view, 16)
  const batches = Array.from({ length: 16 }, (_, partition) =>
    batch(T0, partition, [{ series: cpu({ partition: `${partition}` }), values: [partition] }]),
  )
  await feeder.put(batches)
  expect(Object.keys(await readAll(view, everything()))).toHaveLength(16)
  const nodesOf = new Map<string, Set<number>>()
  for (const [i, { admin }] of nodes.entries()) {
    for (const key of await admin.keys(`*${settings.redis.prefix}*`)) {
      const tag = /\{(.*)\}/.exec(key)?.[1] ?? key
      nodesOf.set(tag, (nodesOf.get(tag) ?? new Set()).add(i))
    }
  }
  expect(nodesOf.size).toBe(16)
  for (const [tag, held] of nodesOf) expect([tag, held.size]).toEqual([tag, 1])
  expect(new Set([...nodesOf.values()].flatMap((held) => [...held])).size).toBe(3)
  await view.close()
})

test('without one of its nodes what lies on the others is not taken for the whole', async () => {
  const view = await createRedisLiveView(config(), { partitions: 16 })
  const feeder = new Feeder(view, 16)
  await feeder.follow(T0)
  expect(await view.coveredFromMs()).toBe(T0)
  await nodes[2].kill()
  await expect(view.coveredFromMs()).rejects.toThrow(unavailable)
  await view.close()
})
