import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseExpr } from '../../promql/parse.js'
import { prettyExpr } from '../../promql/print/format.js'
import { exprToJson } from '../../promql/print/json.js'
import { sendJson } from './answer.js'
import { acceptForms } from './form.js'

const Parameters = Type.Object({ query: Type.String({ minLength: 1, description: 'a PromQL expression' }) })

/** `/api/v1/format_query` and `/api/v1/parse_query` as the Prometheus HTTP API has them. */
export function registerLanguageRoutes(app: FastifyInstance, limits: { queryDepth: number }): void {
  acceptForms(app)
  const parsed = (request: FastifyRequest) =>
    parseExpr((request.query as Static<typeof Parameters>).query, limits.queryDepth)
  const success = (reply: FastifyReply, data: unknown) => sendJson(reply, JSON.stringify({ status: 'success', data }))
  const method = ['GET', 'POST']
  const schema = { querystring: Parameters }
  app.route({
    method,
    url: '/api/v1/format_query',
    schema,
    handler: (request, reply) => success(reply, prettyExpr(parsed(request))),
  })
  app.route({
    method,
    url: '/api/v1/parse_query',
    schema,
    handler: (request, reply) => success(reply, exprToJson(parsed(request))),
  })
}
