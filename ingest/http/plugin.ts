import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import { BodyReader } from './body-reader.js'
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
  const bodies = new BodyReader(limits.bodyBytes)
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) => bodies.read(request, payload))
  app.addHook('onResponse', async (request) => bodies.release(request))
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
