import type { FastifyInstance } from 'fastify'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import { sendJson } from './answer.js'

/** What the status routes show. */
export interface StatusSources {
  status(): Promise<PipelineStatus>
  /** Why queries cannot be answered yet; empty once they can. */
  notReady(): Promise<readonly string[]>
}

/** `/api/v1/status/pipeline`, `/-/healthy`, `/-/ready`. */
export function registerStatusRoutes(app: FastifyInstance, sources: StatusSources): void {
  app.get('/api/v1/status/pipeline', async (_request, reply) =>
    sendJson(reply, JSON.stringify({ status: 'success', data: await sources.status() })),
  )
  app.get('/-/healthy', async (_request, reply) => reply.type('text/plain').send('Tidemark is healthy.\n'))
  app.get('/-/ready', async (_request, reply) => {
    const reasons = await sources.notReady()
    const text = reasons.length === 0 ? 'Tidemark is ready.\n' : `not ready: ${reasons.join('; ')}\n`
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(text)
  })
}
