import type { Config } from '../../schemas/config/schema.js'
import type { Cache } from '../../schemas/ports/cache.js'
import { RedisConnection } from './connection.js'
import { RedisKeys } from './keys.js'

/** A cache that is slower than this is no help, ms. */
const CALL_MS = 500

/**
 * The cache in the Redis of `redis.url`, bounded by what that one may hold (`maxmemory` with an eviction policy). Redis
 * that is full, slow or down is a miss; once it did not answer it is not asked again until it does.
 * @param onOutage told once when Redis stops answering
 * @throws TM_CONFIG
 */
export async function createRedisCache(
  config: Config,
  onOutage?: (reason: string) => void,
): Promise<Cache & { close(): Promise<void> }> {
  return new RedisCache(await RedisConnection.open(config.redis, CALL_MS, onOutage), new RedisKeys(config.redis.prefix))
}

class RedisCache implements Cache {
  readonly #connection: RedisConnection
  readonly #keys: RedisKeys

  constructor(connection: RedisConnection, keys: RedisKeys) {
    this.#connection = connection
    this.#keys = keys
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const asked = this.#connection.ask((redis) => redis.getBuffer(this.#keys.cached(key)))
    return (await asked.catch(() => undefined)) ?? undefined
  }

  async set(key: string, value: Uint8Array, ttlMs: number): Promise<void> {
    // A copy: a command may wait in the connection's buffers while its caller goes on with the bytes.
    const set = this.#connection.ask((redis) => redis.set(this.#keys.cached(key), Buffer.from(value), 'PX', ttlMs))
    await set.catch(() => undefined)
  }

  async delete(keys: readonly string[]): Promise<void> {
    // One by one: on a cluster they lie on different nodes.
    const deleted = this.#connection.ask((redis) =>
      Promise.all(keys.map((key) => redis.unlink(this.#keys.cached(key)))),
    )
    await deleted.catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#connection.close()
  }
}
