import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { clientSignal } from '../serving/http/answer.js'
import type { ServingProcess } from './serving-process.js'

/** Headers that speak of one connection, not of the request or its answer (RFC 9110, 7.6.1). */
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** And those of a body, for a request that is handed over without one. */
const OF_BODY = new Set([...OF_CONNECTION, 'content-length', 'expect'])

/** The routes of the serving process: what comes is handed over as it is, and so is the answer. */
export async function servingRoutes(serving: ServingProcess): Promise<FastifyPluginAsync> {
  const routes = await serving.routes
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { method, url, headers } = request
    const body = request.body as Readable | undefined
    const answer = await serving.ask({
      method,
      url,
      headers: without(headers, body ? OF_CONNECTION : OF_BODY),
      body,
      signal: clientSignal(request, reply),
    })
    return reply
      .code(answer.statusCode ?? 502)
      .headers(without(answer.headers, OF_CONNECTION))
      .send(answer)
  }
  return async (app) => {
    // Bodies are read where they are understood.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    for (const { method, url } of routes) app.route({ method, url, handler })
  }
}

function without(headers: IncomingHttpHeaders, left: ReadonlySet<string>): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name)))
}
