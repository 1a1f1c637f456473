import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import pino from 'pino'
import { serveSpeedViews } from '../../adapters/embedded/speed-views-server.js'
import { CloseStack } from '../../roles/close-stack.js'
import { openServingViews } from '../../roles/serving-views.js'
import { installErrorHandler } from '../../serving/http/errors.js'
import { queryPlugin } from '../../serving/http/plugin.js'
import { answerRequests, type Spent, startMeter } from './measured-process.js'
import { DATA_END_MS } from './query-data.js'
import { openQueryStack } from './query-stack.js'

/** What the bench asks of its server. */
export type QueryServerRequest = { start: { folder: string } } | { meter: true }

export interface QueryServerStarted {
  port: number
}

const spent = startMeter()
const closing = new CloseStack()

answerRequests<QueryServerRequest>(
  async (request): Promise<QueryServerStarted | Spent> =>
    'start' in request ? { port: await start(request.start.folder) } : spent(),
  () => closing.close(),
)

/** The process that answers queries as a server starts it, over a data folder that was loaded before. */
async function start(folder: string): Promise<number> {
  // An hour after the last point, whenever the bench runs: retention and the tide line are the same each time.
  const beganMs = performance.now()
  const clock = () => Math.floor(DATA_END_MS + 3_600_000 + performance.now() - beganMs)
  const { config, stores, close } = await openQueryStack(folder, clock)
  closing.add('the stores', close)
  const sockets = mkdtempSync(join(tmpdir(), 'tidemark-bench-query-'))
  closing.add('the sockets', () => rmSync(sockets, { recursive: true, force: true }))
  const speedSocket = join(sockets, 'speed')
  await stores.live()
  await stores.hot()
  const speed = await serveSpeedViews(speedSocket, stores.own)
  closing.add('the speed views', () => speed.close())
  const { catalog, url: catalogUrl } = await stores.catalog()
  const logger = pino({ level: 'silent' })
  const setup = { config, catalogUrl, originMs: catalog.originMs, socket: '', speedSocket }
  const views = await openServingViews(setup, { clock, logger, closing, onError: console.error })
  const app = fastify({ forceCloseConnections: true })
  closing.add('HTTP', () => app.close())
  installErrorHandler(app)
  await app.register(queryPlugin(views))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}
