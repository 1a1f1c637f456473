import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TidemarkError } from '../../schemas/errors.js'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import { addInfluxRoutes } from './influx.js'
import { addOtlpRoutes } from './otlp.js'
import { addPrometheusRoutes } from './prometheus.js'
import type { IngestHttpOptions, IngestRoutes } from './routes.js'

/**
 * Registers every ingest route. Bodies are read as bytes whatever their content type says; errors are TidemarkErrors
 * for the application's error handler.
 */
export async function ingestPlugin(app: FastifyInstance, options: IngestHttpOptions): Promise<void> {
  const { limits } = options.config
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: limits.bodyBytes },
    async (_: FastifyRequest, body: Buffer) => body,
  )
  app.setErrorHandler((error: { code?: string }, request: FastifyRequest, _reply: FastifyReply) => {
    if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error
    const bytes = request.headers['content-length'] ?? `more than ${limits.bodyBytes}`
    throw new TidemarkError('TM_BODY_TOO_LARGE', { bytes, limit: limits.bodyBytes }, error)
  })
  const routes: IngestRoutes = {
    ...options,
    app,
    commit: async (request, sink) => {
      const result = await sink.commit()
      options.meter?.(request, result.accepted)
      return result
    },
    histograms: new CumulativeHistograms(limits.gaugeStates, options.clock()),
  }
  addInfluxRoutes(routes)
  addPrometheusRoutes(routes)
  addOtlpRoutes(routes)
}
