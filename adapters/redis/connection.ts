import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { type ChainableCommander, Cluster, Redis, type RedisOptions, ReplyError } from 'ioredis'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import { parseRedisUrl, type RedisAddress } from './address.js'
import { Breaker } from './breaker.js'

/** One server, the master that sentinels name, or a cluster. */
type Client = Redis | Cluster

/** How long opening waits for a server that does not answer, ms. */
const OPEN_MS = 2000
/** Longest pause between two tries to connect, ms. */
const RECONNECT_MS = 2000
/** A connection on which nothing comes back for so long is given up for a new one, ms. */
const DEAD_MS = 10_000
/** Times that a cluster may send a command on to another node. */
const REDIRECTIONS = 4

/**
 * A connection to Redis that never makes its caller wait for a server that is down: a call fails after `timeoutMs` at
 * the latest, and those after it at once, until the server answers again.
 */
export class RedisConnection {
  readonly #client: Client
  readonly #breaker: Breaker

  private constructor(client: Client, onOutage?: (reason: string) => void) {
    this.#client = client
    this.#breaker = new Breaker({
      probe: () => client.ping(),
      // What the server answered, it answered.
      isOutage: (error) => !(error instanceof ReplyError),
      onOutage,
    })
  }

  /**
   * Connects. A server that does not answer is no error here: it is tried again and again, and calls say so.
   * @param timeoutMs how long one call may take
   * @param onOutage told once when the server stops answering
   * @throws TM_CONFIG
   */
  static async open(
    redis: Config['redis'],
    timeoutMs: number,
    onOutage?: (reason: string) => void,
  ): Promise<RedisConnection> {
    const client = createClient(redis, {
      commandTimeout: timeoutMs,
      socketTimeout: DEAD_MS,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    })
    await connected(client)
    return new RedisConnection(client, onOutage)
  }

  /** Makes calls unless the server is known to be down. @throws ioredis' errors */
  ask<T>(calls: (client: Client) => Promise<T>): Promise<T> {
    return this.#breaker.run(() => calls(this.#client))
  }

  /** Sends commands together. @returns their replies. @throws the first error among them */
  pipeline(fill: (commands: ChainableCommander) => void): Promise<unknown[]> {
    return this.ask(async (client) => {
      const commands = client.pipeline()
      fill(commands)
      const replies = (await commands.exec()) ?? []
      return replies.map(([error, reply]) => {
        if (error) throw error
        return reply
      })
    })
  }

  close(): void {
    this.#breaker.close()
    this.#client.disconnect()
  }
}

/**
 * Connects to one server for subscriptions alone. A connection that ends is not made again.
 * @param turn of a cluster any node will do: another one each time
 * @throws TM_CONFIG, and ioredis' errors if it cannot connect
 */
export async function openSubscriber(redis: Config['redis'], turn: number): Promise<Redis> {
  const address = parseRedisUrl(redis.url)
  const options = connectionOptions(redis, address)
  const server = address.kind === 'cluster' ? address.hosts[turn % address.hosts.length] : serverOf(address, options)
  const client = new Redis({ ...options, ...server, socketTimeout: DEAD_MS, retryStrategy: () => null })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

function createClient(redis: Config['redis'], wanted: RedisOptions): Client {
  const address = parseRedisUrl(redis.url)
  const options = { ...connectionOptions(redis, address), ...wanted }
  const retryStrategy = (times: number) => Math.min(50 * 2 ** times, RECONNECT_MS)
  if (address.kind === 'cluster') {
    return new Cluster(address.hosts, {
      redisOptions: options,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy,
      maxRedirections: REDIRECTIONS,
      slotsRefreshTimeout: OPEN_MS,
    })
  }
  return new Redis({ ...options, ...serverOf(address, options), enableOfflineQueue: false, retryStrategy })
}

function connectionOptions(redis: Config['redis'], { username, password, tls }: RedisAddress): RedisOptions {
  return {
    username,
    password,
    lazyConnect: true,
    connectTimeout: OPEN_MS,
    connectionName: 'tidemark',
    // After a failover the old master refuses writes: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(tls && { tls: certificates(redis) }),
  }
}

function serverOf({ kind, hosts, master, db }: RedisAddress, { tls }: RedisOptions): RedisOptions {
  if (kind === 'single') return { ...hosts[0], db }
  return {
    db,
    sentinels: hosts,
    name: master,
    sentinelCommandTimeout: OPEN_MS,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  }
}

function certificates({ ca, cert, key }: Config['redis']): ConnectionOptions {
  const pem = (name: string, path: string) => {
    if (path === '') return undefined
    try {
      return readFileSync(path)
    } catch (cause) {
      const reason = `${path} cannot be read: ${(cause as Error).message}`
      throw new TidemarkError('TM_CONFIG', { key: `redis.${name}`, reason, fix: 'name a readable PEM file' }, cause)
    }
  }
  return { ca: pem('ca', ca), cert: pem('cert', cert), key: pem('key', key) }
}

/** Resolves once connected, or when it has taken too long: the client goes on trying. */
async function connected(client: Client): Promise<void> {
  // Each failed try is told here too; a call that fails says what matters of it.
  client.on('error', () => undefined)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, OPEN_MS)
  })
  await Promise.race([client.connect().catch(() => undefined), late])
  clearTimeout(timer)
}
