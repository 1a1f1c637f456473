import Fastify from 'fastify'
import { TidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import type { RuleGroupStatus } from '../../schemas/ports/rules.js'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import type { Workflows } from '../../schemas/ports/workflows.js'
import { Series } from '../../schemas/series/series.js'
import { installErrorHandler } from '../http/errors.js'
import { registerHealthRoutes } from '../http/health.js'
import { servingPlugin } from '../http/plugin.js'
import { rulesPlugin } from '../http/rules.js'
import { type FakeOptions, fakeViews } from './fake-views.js'

export const T0 = Date.parse('2026-03-01T00:00:00Z')
export const S0 = T0 / 1000
const UP = ['b', 'a'].map((host) => Series.of('up', { host }, Kind.Sample))
const points = UP.flatMap((series, n) =>
  Array.from({ length: 60 }, (_, i) => ({ series, timeMs: T0 + i * 10_000, value: i + n / 2 })),
)

export const status: PipelineStatus = {
  nowMs: T0,
  ingest: { accepted: 1, refused: 0, refusedByCode: {}, activeSeries: 1 },
  instances: [],
  speed: [],
  archive: { partitions: [], lagMs: 0, rawFiles: 0, rawBytes: 0, rawPoints: 0 },
  blocks: {
    epoch: 1,
    frontierMs: 0,
    blockMs: 1,
    sealed: 0,
    dirty: 0,
    recomputing: 0,
    latePoints: 0,
    unexplainedDivergence: 0,
    audited: 0,
  },
  patterns: { series: 0, corrected: 0 },
  workflows: { state: 'running', running: [] },
}

/** A server over fake views, and ways to ask it. */
export async function server(change: Partial<FakeOptions> = {}) {
  const calls: unknown[] = []
  const workflows: Workflows = {
    status: async () => status.workflows,
    recompute: async (range) => {
      calls.push(range)
      return { workflowId: 'recompute-1' }
    },
    progress: async (workflowId) => {
      if (workflowId !== 'recompute-1') throw new TidemarkError('TM_NOT_FOUND', { what: workflowId, fix: 'look again' })
      return { workflowId, state: 'running', blocksTotal: 2, blocksDone: 1 }
    },
    signal: async (...call) => {
      calls.push(call)
    },
  }
  const views = fakeViews({
    points,
    frontierMs: T0 + 300_000,
    coveredFromMs: T0 + 300_000,
    nowMs: T0 + 600_000,
    ...change,
  })
  const app = Fastify()
  installErrorHandler(app)
  const unready: string[] = []
  const ruleGroups: RuleGroupStatus[] = []
  await app.register(
    servingPlugin({
      views,
      workflows,
      metadata: () => new Map([['up', { type: 'gauge', help: 'Is it up?', unit: '' }]]),
      facts: { version: '1.2.3', startedMs: T0, flags: { 'speed.lateness': '15s' }, retention: 'raw forever' },
      status: async () => status,
    }),
  )
  const failed: string[] = []
  registerHealthRoutes(app, { failed: () => failed, ready: async () => ({ reasons: unready, warnings: [] }) })
  await app.register(rulesPlugin(async () => ruleGroups))
  const get = async (url: string) => {
    const response = await app.inject(url)
    return { code: response.statusCode, body: response.json(), text: response.body, headers: response.headers }
  }
  return { app, get, calls, views, unready, failed, ruleGroups }
}
