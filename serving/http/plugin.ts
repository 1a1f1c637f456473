import type { FastifyPluginAsync } from 'fastify'
import type { Workflows } from '../../schemas/ports/workflows.js'
import { createSeriesSource } from '../source.js'
import type { Views } from '../views.js'
import { registerHomeRoutes } from './home.js'
import { registerQueryRoutes } from './query.js'
import { registerRecomputeRoutes } from './recompute.js'
import { registerSeriesRoutes } from './series.js'
import { registerStatusRoutes, type StatusSources } from './status.js'

/** What the serving role needs of the rest. */
export interface ServingOptions extends StatusSources {
  views: Views
  workflows: Workflows
}

/** Everything that is asked of Tidemark over HTTP. Errors are answered by `installErrorHandler`, set on the whole server. */
export function servingPlugin(options: ServingOptions): FastifyPluginAsync {
  return async (app) => {
    const view = createSeriesSource(options.views)
    // Scopes of their own: each accepts forms for itself, and never changes what the ingest routes accept.
    await app.register(async (scope) => registerQueryRoutes(scope, view, options.views))
    await app.register(async (scope) => registerSeriesRoutes(scope, view, options.views))
    await app.register(async (scope) => registerStatusRoutes(scope, options))
    await app.register(async (scope) => registerRecomputeRoutes(scope, options.workflows, options.views.clock))
    await app.register(async (scope) => registerHomeRoutes(scope))
  }
}
