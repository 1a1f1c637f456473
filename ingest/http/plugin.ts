import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import type { RequestOpener } from '../request.js'
import { addInfluxRoutes } from './influx.js'
import { addOtlpRoutes } from './otlp.js'
import { addPrometheusRoutes } from './prometheus.js'

/** What the ingest routes work with. */
export interface IngestHttpOptions {
  gateway: RequestOpener
  config: Pick<Config, 'limits' | 'otlp'>
  clock: Clock
}

/** What each group of routes gets. */
export interface IngestRoutes extends IngestHttpOptions {
  app: FastifyInstance
  /** One memory of the last cumulative histograms for every protocol that has them. */
  histograms: CumulativeHistograms
}

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
    histograms: new CumulativeHistograms(limits.gaugeStates, options.clock()),
  }
  addInfluxRoutes(routes)
  addPrometheusRoutes(routes)
  addOtlpRoutes(routes)
}
