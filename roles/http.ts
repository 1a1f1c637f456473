import helmet from '@fastify/helmet'
import fastify, { type FastifyBaseLogger } from 'fastify'
import type { Logger } from 'pino'
import { ingestPlugin } from '../ingest/http/plugin.js'
import type { RequestOpener } from '../ingest/request.js'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import type { Clock } from '../schemas/time.js'
import { installErrorHandler } from '../serving/http/errors.js'
import { type ControlOptions, controlPlugin } from '../serving/http/plugin.js'
import { registerHealthRoutes } from '../serving/http/status.js'
import type { ServingProcess } from './serving-process.js'
import { servingRoutes } from './serving-routes.js'

/** What the HTTP server of a process is made of: what its roles have to offer. */
export interface HttpOptions {
  config: Config
  /** Takes points in. */
  gateway?: RequestOpener
  /** Answers what is asked of Tidemark itself. */
  control?: ControlOptions
  /** Answers queries. */
  serving?: ServingProcess
  /** Why this process cannot do its work now; empty while it can. */
  notReady: () => Promise<readonly string[]>
  clock: Clock
  logger: Logger
}

/** A listening server. */
export interface HttpServer {
  url: string
  close(): Promise<void>
}

/** Starts the HTTP server: all that the process offers, on one port. @throws TM_PORT_TAKEN */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { config, gateway, control, serving, notReady, clock, logger } = options
  const app = fastify({
    loggerInstance: logger.child({}, { level: 'warn' }) as FastifyBaseLogger,
    forceCloseConnections: true,
  })
  installErrorHandler(app)
  await app.register(helmet)
  registerHealthRoutes(app, notReady)
  if (gateway) await app.register(ingestPlugin, { gateway, config, clock })
  if (control) await app.register(controlPlugin(control))
  if (serving) await app.register(await servingRoutes(serving))
  const { host, port } = config.http
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => app.close() }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new TidemarkError('TM_PORT_TAKEN', { port: String(port), host, key: 'http.port' }, cause)
  }
}
