import type { FastifyReply, FastifyRequest } from 'fastify'
import { TidemarkError } from '../../schemas/errors.js'
import { InfluxDecoder } from '../influx/decoder.js'
import { parsePrecision } from '../influx/precision.js'
import { answerLines } from './answer.js'
import { readBody } from './body.js'
import type { IngestRoutes } from './routes.js'

/** The version that agents are told, so that they choose the line protocol of InfluxDB 1.8 and 2. */
const INFLUX_VERSION = '1.8.10-tidemark'

interface WriteQuery {
  precision?: string
}

/** InfluxDB's write endpoints: `/write` (1.x) and `/api/v2/write` (2.x), and what their clients ask first. */
export function addInfluxRoutes({ app, gateway, config, clock, commit }: IngestRoutes): void {
  const decoder = new InfluxDecoder()

  async function write(
    request: FastifyRequest<{ Querystring: WriteQuery }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const text = request.query.precision ?? 'ns'
    const precision = parsePrecision(text)
    if (!precision) {
      throw new TidemarkError('TM_REQUEST', { reason: `precision "${text}" is not known`, fix: 'use ns, us, ms or s' })
    }
    const body = await readBody(
      (request.body as Buffer | undefined) ?? Buffer.alloc(0),
      request.headers['content-encoding'],
      config.limits,
    )
    const sink = gateway.open()
    decoder.decode(body, { nowMs: clock(), precision }, sink)
    return answerLines(reply, await commit(request, sink))
  }

  app.post('/write', write)
  app.post('/api/v2/write', write)
  app.route({
    method: ['GET', 'HEAD'],
    url: '/ping',
    handler: async (_, reply) => reply.code(204).header('X-Influxdb-Version', INFLUX_VERSION).send(),
  })
  // Telegraf's 1.x output creates its database first; here there is nothing to create.
  app.route({ method: ['GET', 'POST'], url: '/query', handler: async () => ({ results: [{ statement_id: 0 }] }) })
}
