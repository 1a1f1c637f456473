import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../schemas/config/schema.js'
import type { Clock } from '../../schemas/time.js'
import type { CumulativeHistograms } from '../histogram/cumulative.js'
import type { IngestRequest, RequestOpener } from '../request.js'
import type { IngestResult } from '../sink.js'

/** What the ingest routes work with. */
export interface IngestHttpOptions {
  gateway: RequestOpener
  config: Pick<Config, 'limits' | 'otlp'>
  clock: Clock
  /** Told of each request how many points of it were stored; left out where nobody counts. */
  meter?: (request: FastifyRequest, points: number) => void
}

/** What each group of routes gets. */
export interface IngestRoutes extends IngestHttpOptions {
  app: FastifyInstance
  /** One memory of the last cumulative histograms for every protocol that has them. */
  histograms: CumulativeHistograms
  /** Commits what a request brought, and counts it. Rejects as the sink's commit does. */
  commit(request: FastifyRequest, sink: IngestRequest): Promise<IngestResult>
}
