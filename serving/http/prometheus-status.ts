import { availableParallelism, hostname } from 'node:os'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Series } from '../../schemas/series/series.js'
import type { Clock } from '../../schemas/time.js'
import type { MergedView } from '../source.js'
import type { Views } from '../views.js'
import { clientSignal, sendJson } from './answer.js'

/** What this server is, in the words of Prometheus's status pages. */
export interface ServerFacts {
  version: string
  /** When the process started, ms. */
  startedMs: number
  /** Settings by name, as texts, secrets left out. */
  flags: Readonly<Record<string, string>>
  /** How long raw points are kept, in words. */
  retention: string
}

const TsdbParameters = Type.Object({
  limit: Type.Integer({ default: 10, minimum: 1, maximum: 10_000, description: 'entries of each list' }),
})

/** The version of the Prometheus API and language that is spoken here: Grafana chooses its requests by it. */
const SPOKEN_VERSION = '3.14.0'

/** `/api/v1/status/buildinfo`, `runtimeinfo` and `flags` as the Prometheus HTTP API has them. */
export function registerPrometheusStatusRoutes(app: FastifyInstance, facts: ServerFacts, clock: Clock): void {
  app.get('/api/v1/status/buildinfo', async (_request, reply) =>
    success(reply, {
      version: SPOKEN_VERSION,
      revision: '',
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
      application: 'Tidemark',
      applicationVersion: facts.version,
    }),
  )
  app.get('/api/v1/status/runtimeinfo', async (_request, reply) => {
    const startTime = new Date(facts.startedMs).toISOString()
    return success(reply, {
      startTime,
      CWD: process.cwd(),
      hostname: hostname(),
      serverTime: new Date(clock()).toISOString(),
      reloadConfigSuccess: true,
      lastConfigTime: startTime,
      corruptionCount: 0,
      goroutineCount: 0,
      GOMAXPROCS: availableParallelism(),
      GOMEMLIMIT: 0,
      GOGC: '',
      GODEBUG: '',
      storageRetention: facts.retention,
    })
  })
  app.get('/api/v1/status/flags', async (_request, reply) => success(reply, facts.flags))
}

/** `/api/v1/status/tsdb` as the Prometheus HTTP API has it. */
export function registerCardinalityRoutes(app: FastifyInstance, view: MergedView, views: Views): void {
  app.get<{ Querystring: Static<typeof TsdbParameters> }>(
    '/api/v1/status/tsdb',
    { schema: { querystring: TsdbParameters } },
    async (request, reply) => {
      const query = await view.open({ signal: clientSignal(request, reply) })
      const series = await query.series({ startMs: 0, endMs: views.clock() }, [])
      const { heldFromMs } = query.snapshot
      return success(reply, cardinalities(series, request.query.limit, heldFromMs['10s'] ?? 0, views.clock()))
    },
  )
}

/** Counts of series, metrics, labels and pairs: the largest `limit` of each. */
function cardinalities(series: readonly Series[], limit: number, minTime: number, maxTime: number) {
  const byMetric = new Map<string, number>()
  const byPair = new Map<string, number>()
  const values = new Map<string, Set<string>>()
  for (const one of series) {
    for (const [name, value] of [['__name__', one.metric] as const, ...one.labels]) {
      if (name === '__name__') count(byMetric, value)
      count(byPair, `${name}=${value}`)
      const known = values.get(name)
      if (known) known.add(value)
      else values.set(name, new Set([value]))
    }
  }
  const bytes = [...values].map(([name, set]) => [name, Buffer.byteLength([...set].join(''))] as const)
  return {
    headStats: { numSeries: series.length, numLabelPairs: byPair.size, chunkCount: 0, minTime, maxTime },
    seriesCountByMetricName: largest(byMetric, limit),
    labelValueCountByLabelName: largest(
      [...values].map(([name, set]) => [name, set.size] as const),
      limit,
    ),
    memoryInBytesByLabelName: largest(bytes, limit),
    seriesCountByLabelValuePair: largest(byPair, limit),
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function largest(counts: Iterable<readonly [string, number]>, limit: number) {
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return sorted.slice(0, limit).map(([name, value]) => ({ name, value }))
}

function success(reply: FastifyReply, data: unknown): FastifyReply {
  return sendJson(reply, JSON.stringify({ status: 'success', data }))
}
