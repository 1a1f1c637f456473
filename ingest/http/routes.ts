import type { FastifyInstance } from 'fastify'
import type { Config } from '../../schemas/config/schema.js'
import type { Clock } from '../../schemas/time.js'
import type { CumulativeHistograms } from '../histogram/cumulative.js'
import type { RequestOpener } from '../request.js'

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
