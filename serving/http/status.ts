import type { FastifyInstance } from 'fastify'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import { sendJson } from './answer.js'

/** `/api/v1/status/pipeline`. */
export function registerStatusRoutes(app: FastifyInstance, status: () => Promise<PipelineStatus>): void {
  app.get('/api/v1/status/pipeline', async (_request, reply) =>
    sendJson(reply, JSON.stringify({ status: 'success', data: await status() })),
  )
}
