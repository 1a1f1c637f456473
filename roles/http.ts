import type { Server as HttpsServer } from 'node:https'
import helmet from '@fastify/helmet'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import { installGuard } from '../access/http/guard.js'
import type { IngestHttpOptions } from '../ingest/http/routes.js'
import type { RequestOpener } from '../ingest/request.js'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import type { RuleGroupStatus } from '../schemas/ports/rules.js'
import type { Clock } from '../schemas/time.js'
import { installErrorHandler } from '../serving/http/errors.js'
import { type HealthOptions, registerHealthRoutes } from '../serving/http/health.js'
import type { ControlOptions } from '../serving/http/plugin.js'
import type { Access } from './access.js'
import { registerMetricsRoute } from './metrics/page.js'
import type { ProcessMetrics } from './metrics/process-metrics.js'
import { repeat } from './repeat.js'
import type { ServingProcess } from './serving-process.js'
import { areSame, type Certificates, readCertificates } from './tls.js'

/** A request that has not arrived in full by then is dropped: nobody holds connections by sending a byte at a time. ms */
const REQUEST_MS = 300_000
/** Certificates that were renewed are taken over within this time, ms. */
const CERTIFICATES_EVERY_MS = 10_000

/** What the HTTP server of a process is made of: what its roles have to offer. */
export interface HttpOptions {
  config: Config
  /** Takes points in. */
  gateway?: RequestOpener
  /** Answers what is asked of Tidemark itself. */
  control?: ControlOptions
  /** Answers queries. */
  serving?: ServingProcess
  /** Rules and alerts as they were judged last; shown where queries are answered. */
  rules: () => Promise<readonly RuleGroupStatus[]>
  /** Routes of rules, alerts, incidents and messages, where queries are answered. */
  alerting?: FastifyPluginAsync
  /** Whether this process lives, and can do its work. */
  health: HealthOptions
  metrics: Pick<ProcessMetrics, 'page'>
  /** Who may do what. */
  access: Access
  clock: Clock
  logger: Logger
}

/** A listening server. */
export interface HttpServer {
  url: string
  close(): Promise<void>
}

/** Starts the HTTP server, or HTTPS: all that the process offers, on one port. @throws TM_PORT_TAKEN, TM_CONFIG */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { config, logger } = options
  const { host, port } = config.http
  const certificates = readCertificates(config.http)
  const app = createApp(logger, certificates)
  await addRoutes(app, options, certificates !== undefined)
  try {
    const url = await app.listen({ host, port })
    const stop = certificates && followCertificates(app, certificates, options)
    return {
      url,
      close: async () => {
        await stop?.()
        await app.close()
      },
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new TidemarkError('TM_PORT_TAKEN', { port: String(port), host, key: 'http.port' }, cause)
  }
}

function createApp(logger: Logger, certificates: Certificates | undefined): FastifyInstance {
  const options = {
    loggerInstance: logger.child({}, { level: 'warn' }) as FastifyBaseLogger,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS,
  }
  if (!certificates) return fastify(options)
  const https = { ...certificates, requestCert: certificates.ca !== undefined, rejectUnauthorized: true }
  return fastify({ ...options, https }) as unknown as FastifyInstance
}

async function addRoutes(app: FastifyInstance, options: HttpOptions, isSecure: boolean): Promise<void> {
  const { config, gateway, control, serving, access, clock } = options
  installErrorHandler(app)
  // What is answered is data, not pages; those that are pages say what they may load.
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  }
  await app.register(helmet, {
    contentSecurityPolicy,
    frameguard: { action: 'deny' },
    hsts: isSecure && { maxAge: 31_536_000, includeSubDomains: false },
  })
  installGuard(app, access)
  const meter: IngestHttpOptions['meter'] = ({ caller }, points) => {
    if (caller) access.doorkeeper.countPoints(caller, points)
  }
  registerHealthRoutes(app, options.health)
  registerMetricsRoute(app, options.metrics)
  // Loaded where they are offered.
  if (gateway) {
    const { ingestPlugin } = await import('../ingest/http/plugin.js')
    await app.register(ingestPlugin, { gateway, config, clock, meter })
  }
  if (control) {
    const { accessPlugin } = await import('../access/http/admin.js')
    const { controlPlugin } = await import('../serving/http/plugin.js')
    await app.register(accessPlugin(access))
    await app.register(controlPlugin(control))
  }
  if (serving) {
    const { servingRoutes } = await import('./serving-routes.js')
    const { rulesPlugin } = await import('../serving/http/rules.js')
    await app.register(await servingRoutes(serving))
    await app.register(rulesPlugin(options.rules))
    if (options.alerting) await app.register(options.alerting)
  }
}

/** Takes over certificates that were renewed; new ones that cannot be used are told, and those before stay. */
function followCertificates(app: FastifyInstance, first: Certificates, { config, logger }: HttpOptions) {
  let current = first
  const server = app.server as unknown as HttpsServer
  const follow = () => {
    const next = readCertificates(config.http)
    if (!next || areSame(current, next)) return
    server.setSecureContext(next)
    current = next
    logger.info({}, 'the certificates were renewed')
  }
  return repeat(CERTIFICATES_EVERY_MS, follow, ({ code, message }) => logger.warn({ code }, message))
}
