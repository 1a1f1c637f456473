import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isSecretKey } from '../../schemas/config/flags.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import type { AuditLog } from '../audit-log.js'
import type { Caller } from '../caller.js'
import { credentialsOf, influxPassword } from '../credentials.js'
import type { Doorkeeper } from '../doorkeeper.js'
import { type Action, type RouteAccess, routeAccess } from '../routes.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before anything else of the request is read. */
    caller: Caller | undefined
    /** Its line in the audit log, while the action is under way. */
    auditId: number | undefined
    /** Code of the error that it ended with. */
    failure: string | undefined
  }
}

/** What the guard works with. */
export interface GuardParts {
  doorkeeper: Doorkeeper
  audit: Pick<AuditLog, 'write' | 'complete'>
  clock: Clock
}

/**
 * Stands before every route that is added to the server from now on: lets in who may, within their limits, and writes
 * what operators do into the audit log, before it is done. A route that nobody has given a permission cannot be added.
 */
export function installGuard(app: FastifyInstance, { doorkeeper, audit, clock }: GuardParts): void {
  app.decorateRequest('caller', undefined)
  app.decorateRequest('auditId', undefined)
  app.decorateRequest('failure', undefined)

  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) accessOf(one, url)
  })

  app.addHook('onRequest', async (request, reply) => {
    const access = accessOf(request.method, request.routeOptions.url)
    try {
      request.caller = await callerOf(request, access, doorkeeper)
      doorkeeper.admit(request.caller, access.permission)
    } catch (thrown) {
      const error = asTidemarkError(thrown)
      if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="tidemark"')
      if (error.code === 'TM_AUTH_ROLE' && access.action) await writeDenied(request, access.action)
      throw error
    } finally {
      // What comes after has no use for it, and may hand the headers on.
      delete request.raw.headers.authorization
    }
  })

  app.addHook('preHandler', async (request) => {
    const { action } = accessOf(request.method, request.routeOptions.url)
    if (action) request.auditId = await audit.write(described(request, action))
  })

  app.addHook('onError', async (request, _reply, error) => {
    request.failure = asTidemarkError(error).code
  })

  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const { auditId, failure } = request
    if (auditId !== undefined) {
      const outcome = failure ?? (reply.statusCode < 400 ? 'done' : `status ${reply.statusCode}`)
      // It is done and was told to begin: a catalog that went away since then does not undo it.
      await audit.complete(auditId, outcome).catch((error: Error) => request.log.warn(error.message))
    }
    return payload
  })

  /** Someone who may not do this tried to: worth a line, though not worth another error. */
  async function writeDenied(request: FastifyRequest, action: Action): Promise<void> {
    await audit.write(described(request, action), 'denied').catch((error: Error) => request.log.warn(error.message))
  }

  function described(request: FastifyRequest, { name, target }: Action) {
    const body = (request.body ?? {}) as Record<string, unknown>
    return {
      atMs: clock(),
      caller: request.caller ?? doorkeeper.nobody(request.ip),
      action: name,
      target: request.body && target ? target(body) : Object.values(request.params as object).join(' '),
      details: withoutSecrets(body),
    }
  }
}

/** What the route asks; an address without a route asks nothing, for there is nothing to be had. */
function accessOf(method: string, url: string | undefined): RouteAccess {
  const access = url === undefined ? { permission: 'open' as const } : routeAccess(method, url)
  if (access) return access
  throw new TidemarkError('TM_INTERNAL', { reason: `${method} ${url} has no permission: name it in access/routes.ts` })
}

async function callerOf(request: FastifyRequest, access: RouteAccess, doorkeeper: Doorkeeper): Promise<Caller> {
  const { headers, ip: address } = request
  if (access.permission === 'open') return doorkeeper.nobody(address)
  const password = access.passwordInQuery ? influxPassword(request.query) : undefined
  return doorkeeper.identify({ credentials: credentialsOf(headers) ?? password, address, headers })
}

function withoutSecrets(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !isSecretKey(key)))
}
