import compress from '@fastify/compress'
import type { FastifyPluginAsync } from 'fastify'
import type { MetricMetadata } from '../../schemas/metadata.js'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import type { Workflows } from '../../schemas/ports/workflows.js'
import type { Clock } from '../../schemas/time.js'
import { createSeriesSource } from '../source.js'
import type { WatchedViews } from '../views.js'
import { registerHomeRoutes } from './home.js'
import { registerLanguageRoutes } from './language.js'
import { registerMetadataRoutes } from './metadata.js'
import { registerCardinalityRoutes, registerPrometheusStatusRoutes, type ServerFacts } from './prometheus-status.js'
import { registerQueryRoutes } from './query.js'
import { registerRecomputeRoutes } from './recompute.js'
import { registerSeriesRoutes } from './series.js'
import { registerStatusRoutes } from './status.js'
import { registerTailRoutes } from './tail.js'

/** Answers of less than 1 KiB are sent as they are. */
const COMPRESSION = { encodings: ['gzip', 'deflate'] as ('gzip' | 'deflate')[], threshold: 1024 }

/** What is asked about Tidemark itself, and asked of it, without reading a view. */
export interface ControlOptions {
  status(): Promise<PipelineStatus>
  workflows: Workflows
  /** What senders said of their metrics. */
  metadata: () => ReadonlyMap<string, MetricMetadata>
  facts: ServerFacts
  clock: Clock
}

/** What the serving role needs of the rest. */
export interface ServingOptions extends Omit<ControlOptions, 'clock'> {
  views: WatchedViews
}

/** Everything that is asked of Tidemark over HTTP. Errors are answered by `installErrorHandler`, set on the whole server. */
export function servingPlugin({ views, ...control }: ServingOptions): FastifyPluginAsync {
  return async (app) => {
    await app.register(queryPlugin(views))
    await app.register(controlPlugin({ ...control, clock: views.clock }))
  }
}

/** What reads the views: queries, series, labels, and the language itself. */
export function queryPlugin(views: WatchedViews): FastifyPluginAsync {
  return async (app) => {
    const view = createSeriesSource(views)
    await app.register(compress, COMPRESSION)
    // Scopes of their own: each accepts forms for itself, and never changes what the ingest routes accept.
    await app.register(async (scope) => registerQueryRoutes(scope, view, views))
    await app.register(async (scope) => registerSeriesRoutes(scope, view, views))
    await app.register(async (scope) => registerTailRoutes(scope, view, views))
    await app.register(async (scope) => registerLanguageRoutes(scope, views.limits))
    await app.register(async (scope) => registerCardinalityRoutes(scope, view, views))
  }
}

/** Everything else: status, metadata, administration and the home page. */
export function controlPlugin(options: ControlOptions): FastifyPluginAsync {
  const { metadata, facts, workflows, clock } = options
  return async (app) => {
    await app.register(compress, COMPRESSION)
    await app.register(async (scope) => registerMetadataRoutes(scope, metadata))
    await app.register(async (scope) => registerPrometheusStatusRoutes(scope, facts, clock))
    await app.register(async (scope) => registerStatusRoutes(scope, options.status))
    await app.register(async (scope) => registerRecomputeRoutes(scope, workflows, clock))
    await app.register(async (scope) => registerHomeRoutes(scope))
  }
}
