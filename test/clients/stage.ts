import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { createGateway, type Gateway } from '../../ingest/gateway/gateway.js'
import { readBody } from '../../ingest/http/body.js'
import { ingestPlugin } from '../../ingest/http/plugin.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { StatsdDecoder } from '../../ingest/statsd/decoder.js'
import { startStatsdTcp } from '../../ingest/statsd/tcp.js'
import { startStatsdUdp } from '../../ingest/statsd/udp.js'
import { MemoryLog } from '../../ingest/testing/memory-log.js'
import { loadConfig } from '../../schemas/config/load.js'
import { asTidemarkError } from '../../schemas/errors.js'
import { type StoredPoint, storedPoints } from './stored-points.js'

/** A request as a client sent it. */
export interface SentRequest {
  url: string
  headers: NodeJS.Dict<string | string[]>
  /** As it came over the wire. */
  body: Buffer
}

/** A gateway that listens on real sockets and keeps what it stores in memory. */
export interface ClientStage {
  url: string
  httpPort: number
  udpPort: number
  tcpPort: number
  gateway: Gateway
  /** Every request over HTTP that had a body, oldest first. */
  requests: SentRequest[]
  /** Everything stored, sorted by series and time. */
  points(): StoredPoint[]
  /** Everything stored, once there are `count` points; @throws if there are not within a few seconds */
  pointsOnceThereAre(count: number): Promise<StoredPoint[]>
  /** Lines and packets that were refused. */
  refused(): number
  close(): Promise<void>
}

const WAIT_MS = 5000

/** Starts every input of the gateway on free ports of the loopback. @param settings config by dotted key */
export async function openStage(clock: () => number, settings: Record<string, unknown> = {}): Promise<ClientStage> {
  const config = loadConfig({ env: {}, overrides: settings })
  const { limits, statsd } = config
  const log = new MemoryLog()
  const gateway = createGateway({ log, layouts: [firstLayout(4)], limits, policies: [], clock })
  const requests: SentRequest[] = []
  const app = fastify()
  app.addHook('preHandler', async ({ url, headers, body }) => {
    // A copy: once the request is answered its memory holds the next one.
    if (body instanceof Buffer) requests.push({ url, headers, body: Buffer.from(body) })
  })
  app.setErrorHandler((thrown, _, reply) => {
    const { status, code, message } = asTidemarkError(thrown)
    return reply.code(status).send({ code, error: message })
  })
  await app.register(ingestPlugin, { gateway, config, clock })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const onFailure = (error: Error) => {
    throw error
  }
  const decoder = new StatsdDecoder({ limits, names: statsd.names, sets: statsd.sets })
  const listener = { host: '127.0.0.1', port: 0, decoder, requests: gateway, clock, onFailure }
  const udp = await startStatsdUdp(listener)
  const tcp = await startStatsdTcp({ ...listener, lineBytes: limits.statsdLineBytes })
  const points = () => storedPoints(log)
  return {
    url,
    httpPort: Number(new URL(url).port),
    udpPort: udp.port,
    tcpPort: tcp.port,
    gateway,
    requests,
    points,
    pointsOnceThereAre: async (count) => {
      for (const deadline = performance.now() + WAIT_MS; performance.now() < deadline; await sleep(10)) {
        if (points().length >= count) return points()
      }
      throw new Error(`${count} points were to be stored, but there are: ${JSON.stringify(points(), undefined, 2)}`)
    },
    refused: () => gateway.counts().refused,
    close: async () => {
      await Promise.all([app.close(), udp.close(), tcp.close()])
    },
  }
}

/** The body of a request as its sender meant it: inflated by its Content-Encoding, unless that is snappy. */
export async function plainBody({ headers, body }: SentRequest): Promise<Buffer> {
  const encoding = headers['content-encoding']
  if (typeof encoding !== 'string' || encoding === 'snappy') return body
  return readBody(body, encoding, loadConfig({ env: {} }).limits)
}
