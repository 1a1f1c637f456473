import { once } from 'node:events'
import type { Config } from '../../schemas/config/schema.js'
import { type ChangeConnection, ReconnectingChanges } from '../reconnecting-changes.js'
import { openSubscriber } from './connection.js'
import { RedisKeys } from './keys.js'

/** A connection that only listens would not notice that nobody speaks any more, ms. */
const PING_MS = 5000

/** Changes as the feeds of the live view publish them through the Redis of `redis.url`. */
export function createRedisWindowChanges({ redis }: Config): ReconnectingChanges {
  return new ReconnectingChanges((connection) => listen(redis, connection))
}

/** Listens until the connection ends. */
async function listen(redis: Config['redis'], { turn, signal, begun, changed }: ChangeConnection): Promise<void> {
  const client = await openSubscriber(redis, turn)
  const ended = once(client, 'end')
  const end = () => client.disconnect()
  signal.addEventListener('abort', end)
  const pings = setInterval(() => void client.ping().catch(() => undefined), PING_MS)
  try {
    client.on('messageBuffer', (_channel: Buffer, message: Buffer) => {
      // A copy: what came over the wire is not aligned.
      changed(new Uint32Array(new Uint8Array(message).buffer))
    })
    await client.subscribe(new RedisKeys(redis.prefix).changes)
    begun()
    await ended
  } finally {
    clearInterval(pings)
    signal.removeEventListener('abort', end)
    client.disconnect()
  }
}
