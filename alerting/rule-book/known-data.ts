import { evaluateQuery } from '../../promql/engine.js'
import { parseExpr } from '../../promql/parse.js'
import type { Limits } from '../../schemas/limits.js'
import type { MetricMetadata } from '../../schemas/metadata.js'
import type { SeriesSource } from '../../schemas/ports/series-source.js'
import type { Known, KnownSeries } from '../kinds/known.js'

/** Queries that are asked for one apply: what is beyond is compiled by names alone. */
const MOST_QUERIES = 500

/** Where it is looked what there is. */
export interface KnownOptions {
  open: () => Promise<SeriesSource>
  limits: Pick<Limits, 'querySamples' | 'queryDepth' | 'queryResultSamples'>
  metadata: () => ReadonlyMap<string, MetricMetadata>
  nowMs: number
}

/** What is known of the data that these queries are about: a query that cannot be answered is one of which nothing is known. */
export async function knownData(queries: readonly string[], options: KnownOptions): Promise<Known> {
  const { open, limits, metadata, nowMs } = options
  const results = new Map<string, readonly KnownSeries[]>()
  const source = queries.length > 0 ? await open() : undefined
  for (const query of source ? queries.slice(0, MOST_QUERIES) : []) {
    try {
      const times = { startMs: nowMs, endMs: nowMs, stepMs: 0 }
      const { value } = await evaluateQuery(parseExpr(query), query, times, source!, { limits })
      if (value.type === 'vector') results.set(query, value.samples)
    } catch {
      // Whether it can be compiled at all is told where it is compiled.
    }
  }
  const described = metadata()
  return { metric: (name) => described.get(name), results: (query) => results.get(query) }
}
