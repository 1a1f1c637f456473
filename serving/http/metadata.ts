import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { parseMatch } from '../../promql/parse.js'
import type { MetricMetadata } from '../../schemas/metadata.js'
import { sendJson } from './answer.js'
import { acceptForms } from './form.js'
import { checkOrder, parseTime } from './parameters.js'

const MetadataParameters = Type.Object({
  metric: Type.Optional(Type.String({ description: 'this metric only' })),
  limit: Type.Optional(Type.Integer({ description: 'most metrics returned; all if left out' })),
  limit_per_metric: Type.Optional(Type.Integer({ description: 'most entries of one metric; it has one at most' })),
})
const ExemplarParameters = Type.Object({ query: Type.String(), start: Type.String(), end: Type.String() })

/** `/api/v1/metadata`, and the endpoint of what is not kept: exemplars are valid and empty. */
export function registerMetadataRoutes(
  app: FastifyInstance,
  metadata: () => ReadonlyMap<string, MetricMetadata>,
): void {
  acceptForms(app)
  app.get<{ Querystring: Static<typeof MetadataParameters> }>(
    '/api/v1/metadata',
    { schema: { querystring: MetadataParameters } },
    async ({ query: { metric, limit = -1, limit_per_metric: perMetric = -1 } }, reply) => {
      const known = [...metadata()].filter(([name]) => metric === undefined || metric === '' || name === metric)
      const shown = limit >= 0 ? known.slice(0, limit) : known
      const entries = shown.map(([name, { type, help, unit }]) => [name, perMetric === 0 ? [] : [{ type, unit, help }]])
      return sendJson(reply, JSON.stringify({ status: 'success', data: Object.fromEntries(entries) }))
    },
  )
  app.route({
    method: ['GET', 'POST'],
    url: '/api/v1/query_exemplars',
    schema: { querystring: ExemplarParameters },
    handler: async (request, reply) => {
      const { query, start, end } = request.query as Static<typeof ExemplarParameters>
      parseMatch(query)
      checkOrder(parseTime('start', start), parseTime('end', end))
      return sendJson(reply, '{"status":"success","data":[]}')
    },
  })
}
