import fastify from 'fastify'
import pino from 'pino'
import { expect, test } from 'vitest'
import { type AdminParts, accessPlugin } from '../access/http/admin.js'
import { KNOWN_ROUTES, routeAccess } from '../access/routes.js'
import type { DispatchApiOptions } from '../alerting/dispatch/http/options.js'
import { dispatchPlugin } from '../alerting/dispatch/http/plugin.js'
import { type AlertRulesParts, alertRulesPlugin } from '../alerting/http/rules.js'
import { slosPlugin } from '../alerting/http/slos.js'
import { MemoryOutbox } from '../alerting/notify/testing/memory-outbox.js'
import type { SloDesk } from '../alerting/slo/slo-desk.js'
import { createGateway } from '../ingest/gateway/gateway.js'
import { ingestPlugin } from '../ingest/http/plugin.js'
import { firstLayout } from '../ingest/routing/plan-layout.js'
import { MemoryLog } from '../ingest/testing/memory-log.js'
import { loadConfig } from '../schemas/config/load.js'
import { registerHealthRoutes } from '../serving/http/health.js'
import { type IncidentRoutes, incidentsPlugin } from '../serving/http/incidents.js'
import { type ControlOptions, servingPlugin } from '../serving/http/plugin.js'
import { rulesPlugin } from '../serving/http/rules.js'
import { fakeViews } from '../serving/testing/fake-views.js'
import { registerMetricsRoute } from './metrics/page.js'
import { ProcessMetrics } from './metrics/process-metrics.js'
import { type NotifyParts, notifyRoutes } from './notify.js'

/** Every route of the whole server, as `METHOD /path`. */
async function allRoutes(): Promise<string[]> {
  const config = loadConfig({ env: {} })
  const clock = () => 0
  const app = fastify()
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push(`${one} ${url}`)
  })
  const gateway = createGateway({
    log: new MemoryLog(),
    layouts: [firstLayout(1)],
    limits: config.limits,
    policies: [],
    clock,
  })
  await app.register(ingestPlugin, { gateway, config, clock })
  await app.register(accessPlugin({} as AdminParts))
  const views = fakeViews({ points: [], frontierMs: 0, coveredFromMs: 0, nowMs: 0 })
  registerHealthRoutes(app, { failed: () => [], ready: async () => ({ reasons: [], warnings: [] }) })
  registerMetricsRoute(app, new ProcessMetrics({ version: '1.2.3', roles: [] }))
  await app.register(rulesPlugin(async () => []))
  await app.register(dispatchPlugin({ limits: config.limits } as DispatchApiOptions))
  const notify: NotifyParts = {
    config,
    clock,
    logger: pino({ level: 'silent' }),
    routes: () => ({ channels: {} }),
    dead: new MemoryOutbox(),
    act: async () => undefined,
  }
  await app.register(notifyRoutes(notify))
  await app.register(incidentsPlugin({} as IncidentRoutes))
  await app.register(slosPlugin({} as SloDesk))
  await app.register(alertRulesPlugin({} as AlertRulesParts))
  await app.register(servingPlugin({ ...({} as ControlOptions), views }))
  await app.ready()
  return routes
}

test('every route of the server belongs to a permission, and every permission to a route', async () => {
  const routes = await allRoutes()
  const forgotten = routes.filter((route) => routeAccess(...(route.split(' ') as [string, string])) === undefined)
  expect(forgotten).toEqual([])
  expect(new Set(routes.filter((route) => !route.startsWith('HEAD ')))).toEqual(new Set(KNOWN_ROUTES))
})

test('whatever changes something by an operator’s hand is audited', () => {
  const silent = KNOWN_ROUTES.filter((route) => {
    const [method, url] = route.split(' ')
    const access = routeAccess(method, url)
    const isOperators = access?.permission === 'operate' || access?.permission === 'administer'
    return isOperators && method !== 'GET' && access.action === undefined
  })
  expect(silent).toEqual([])
})
