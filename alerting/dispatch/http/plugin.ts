import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { asTidemarkError, TidemarkError } from '../../../schemas/errors.js'
import { utc } from './alert-json.js'
import { registerAlertRoutes } from './alerts.js'
import { registerMaintenanceRoutes } from './maintenance.js'
import type { DispatchApiOptions } from './options.js'
import { registerSilenceRoutes } from './silences.js'

/** Seconds after which a client that met a passing trouble should come again. */
const RETRY_AFTER_S = 5

/** Alertmanager's API, version 2, so that Prometheus, vmalert and amtool may send here, and maintenance windows. */
export function dispatchPlugin(options: DispatchApiOptions): FastifyPluginAsync {
  return async (app) => {
    await app.register(async (scope) => {
      answerErrorsAsTexts(scope)
      registerAlertRoutes(scope, options)
      registerSilenceRoutes(scope, options)
      registerStatusRoutes(scope, options)
    })
    await app.register(async (scope) => registerMaintenanceRoutes(scope, options))
  }
}

function registerStatusRoutes(app: FastifyInstance, { config, version, startedMs }: DispatchApiOptions): void {
  app.get('/api/v2/status', async (_request, reply) =>
    sendJson(reply, {
      cluster: { status: 'disabled', peers: [] },
      config: { original: config().text },
      uptime: utc(startedMs),
      versionInfo: { version, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' },
    }),
  )
  app.get('/api/v2/receivers', async (_request, reply) =>
    sendJson(
      reply,
      config().receivers.map(({ name }) => ({ name })),
    ),
  )
}

/** An error of Alertmanager's API is a JSON text. */
function answerErrorsAsTexts(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const isOfRequest = thrown.statusCode !== undefined && thrown.statusCode < 500
    const error =
      isOfRequest && !(thrown instanceof TidemarkError)
        ? new TidemarkError('TM_REQUEST', { reason: thrown.message, fix: 'check the request' }, thrown)
        : asTidemarkError(thrown)
    if (error.status >= 500 && !error.retriable) request.log.error({ err: thrown }, error.message)
    if (error.retriable) reply.header('retry-after', RETRY_AFTER_S)
    return sendJson(reply.code(error.status), `${error.code}: ${error.message}; ${error.hint}`)
  })
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(value))
}
