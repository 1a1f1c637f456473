import type { FastifyPluginAsync } from 'fastify'
import { alertRulesPlugin } from '../alerting/http/rules.js'
import { RuleDesk } from '../alerting/rule-book/desk.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { ControlOptions } from '../serving/http/plugin.js'
import { createSeriesSource } from '../serving/source.js'
import { judgingDelayMs, ruleStore, verdictStore } from './alerts.js'
import type { RoleContext } from './context.js'
import { openRuleViews } from './rule-views.js'

/** The routes that manage rules, for a process that answers queries. */
export async function ruleRoutes(
  context: RoleContext,
  metadata: ControlOptions['metadata'],
): Promise<FastifyPluginAsync> {
  const { config, clock, stores } = context
  const { catalog } = await stores.catalog()
  const views = await openRuleViews(context)
  const source = createSeriesSource(views)
  const desk = new RuleDesk({
    rules: ruleStore(catalog.db),
    open: () => source.open(),
    limits: config.limits,
    metadata,
    clock,
    delayMs: judgingDelayMs(config),
    intervalMs: parseDuration(config.alerting.evaluation_interval),
  })
  return alertRulesPlugin({ desk, verdicts: verdictStore(catalog), clock })
}
