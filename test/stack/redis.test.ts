import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { inject } from 'vitest'
import { createRedisCache } from '../../adapters/redis/cache.js'
import { createRedisLiveView } from '../../adapters/redis/live-view.js'
import { createRedisWindowChanges } from '../../adapters/redis/window-changes.js'
import { loadConfig } from '../../schemas/config/load.js'
import { cacheContract } from '../contract/cache.contract.js'
import { liveViewContract, PARTITIONS } from '../contract/live-view.contract.js'
import { windowChangesContract } from '../contract/window-changes.contract.js'

/** The server that all these tests share, with keys of its own for each. */
function config() {
  const { url } = inject('stack').redis
  return loadConfig({ env: {}, overrides: { 'redis.url': url, 'redis.prefix': `t${randomUUID().slice(0, 8)}` } })
}

liveViewContract('Redis', async () => {
  const view = await createRedisLiveView(config(), { partitions: PARTITIONS })
  return { view, close: () => view.close() }
})

windowChangesContract('Redis', true, async () => {
  const settings = config()
  const view = await createRedisLiveView(settings, { partitions: 1 })
  const changes = createRedisWindowChanges(settings)
  const admin = new Redis(settings.redis.url)
  return {
    view,
    changes,
    interrupt: async () => {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    },
    close: async () => {
      admin.disconnect()
      await changes.close()
      await view.close()
    },
  }
})

cacheContract('Redis', async () => {
  const cache = await createRedisCache(config())
  return { cache, pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)), close: () => cache.close() }
})
