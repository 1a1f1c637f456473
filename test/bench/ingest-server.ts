import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import { createGateway } from '../../ingest/gateway/gateway.js'
import { ingestPlugin } from '../../ingest/http/plugin.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { loadConfig } from '../../schemas/config/load.js'
import { answerRequests, type Spent, startMeter } from './measured-process.js'

/** What the bench asks of its server. */
export type IngestServerRequest = { start: { folder: string } } | { meter: true }

export interface IngestServerStarted {
  port: number
}

export interface IngestServerMeter extends Spent {
  /** Points accepted since the start. */
  accepted: number
}

const DAY_MS = 86_400_000

const spent = startMeter()
let app: FastifyInstance | undefined
let log: EmbeddedLog | undefined
let accepted = () => 0

answerRequests<IngestServerRequest>(
  async (request) =>
    'start' in request ? { port: await start(request.start.folder) } : { ...spent(), accepted: accepted() },
  async () => {
    await app?.close()
    await log?.close()
  },
)

/** The gateway as the server wires it, on an embedded log. */
async function start(folder: string): Promise<number> {
  const config = loadConfig({ env: {} })
  const clock = Date.now
  const retentionMs = { 'tidemark.points': DAY_MS, 'tidemark.windows': DAY_MS, 'tidemark.deadletter': DAY_MS }
  log = new EmbeddedLog({ folder, partitions: config.log.partitions, retentionMs, clock })
  const gateway = createGateway({
    log,
    layouts: [firstLayout(config.log.partitions)],
    limits: config.limits,
    policies: [],
    clock,
  })
  accepted = () => gateway.counts().accepted
  app = fastify()
  await app.register(ingestPlugin, { gateway, config, clock })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}
