import type { FastifyInstance } from 'fastify'
import type { ProcessMetrics } from './process-metrics.js'

/** `/metrics`: Prometheus's text format, or OpenMetrics for who accepts it. */
export function registerMetricsRoute(app: FastifyInstance, metrics: Pick<ProcessMetrics, 'page'>): void {
  app.get('/metrics', async ({ headers }, reply) => {
    const { contentType, body } = await metrics.page(headers.accept)
    return reply.header('content-type', contentType).send(body)
  })
}
