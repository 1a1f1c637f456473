import type { FastifyPluginAsync } from 'fastify'
import { alertRulesPlugin } from '../alerting/http/rules.js'
import { slosPlugin } from '../alerting/http/slos.js'
import { RuleDesk } from '../alerting/rule-book/desk.js'
import { type SloDb, SloDesk } from '../alerting/slo/slo-desk.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { ControlOptions } from '../serving/http/plugin.js'
import type { MergedView } from '../serving/source.js'
import { judgingDelayMs, ruleStore, verdictStore } from './alert-stores.js'
import type { RoleContext } from './context.js'

/**
 * The routes that manage rules and objectives, for a process that answers queries.
 * @param source what rules are tried out on
 */
export async function ruleRoutes(
  context: RoleContext,
  metadata: ControlOptions['metadata'],
  source: MergedView,
): Promise<FastifyPluginAsync> {
  const { config, clock, stores } = context
  const { catalog } = await stores.catalog()
  const open = () => source.open()
  const desk = new RuleDesk({
    rules: ruleStore(catalog.db),
    open,
    limits: config.limits,
    metadata,
    clock,
    delayMs: judgingDelayMs(config),
    intervalMs: parseDuration(config.alerting.evaluation_interval),
  })
  const slos = new SloDesk({ db: catalog.db as unknown as SloDb, rules: desk, clock, open, limits: config.limits })
  return async (app) => {
    await app.register(alertRulesPlugin({ desk, verdicts: verdictStore(catalog), clock }))
    await app.register(slosPlugin(slos))
  }
}
