import type { FastifyInstance } from 'fastify'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import { sendJson } from './answer.js'

/** `/api/v1/status/pipeline`. */
export function registerStatusRoutes(app: FastifyInstance, status: () => Promise<PipelineStatus>): void {
  app.get('/api/v1/status/pipeline', async (_request, reply) =>
    sendJson(reply, JSON.stringify({ status: 'success', data: await status() })),
  )
}

/**
 * `/-/healthy`: the process runs; `/-/ready`: it can do its work, which is asked of what it works with.
 * @param notReady why not; empty while it can
 */
export function registerHealthRoutes(app: FastifyInstance, notReady: () => Promise<readonly string[]>): void {
  app.get('/-/healthy', async (_request, reply) => reply.type('text/plain').send('Tidemark is healthy.\n'))
  app.get('/-/ready', async (_request, reply) => {
    const reasons = await notReady()
    const text = reasons.length === 0 ? 'Tidemark is ready.\n' : `not ready: ${reasons.join('; ')}\n`
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(text)
  })
}
