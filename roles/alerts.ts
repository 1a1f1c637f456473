import { AlertStore } from '../alerting/alert-store.js'
import { alertChanges } from '../alerting/changes.js'
import { type JudgedGroup, Judging } from '../alerting/judging.js'
import { RuleStore } from '../alerting/rule-book/rule-store.js'
import type { RuleDb } from '../alerting/rule-book/tables.js'
import type { AlertDb } from '../alerting/tables.js'
import { rejudgeNext } from '../alerting/verdicts/rejudging.js'
import { type VerdictDb, VerdictStore } from '../alerting/verdicts/verdict-store.js'
import type { Catalog } from '../batch/catalog/catalog.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { WINDOW_MS } from '../schemas/time.js'
import { createSeriesSource, type MergedView } from '../serving/source.js'
import { checkCatalog, checkHot, checkLive, checkLog, checkObjects } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { collector, type RoleMetrics } from './metrics/collector.js'
import { repeat } from './repeat.js'
import { readRuleGroups } from './rule-groups.js'
import { openRuleViews } from './rule-views.js'

/** Groups that are due are looked for this often, ms. */
const LOOK_EVERY_MS = 1000

/** Blocks that were computed again are looked for this often, ms. */
const REJUDGE_EVERY_MS = 5000

/** Starts to judge the rules. @throws TM_RULE_FILE */
export async function startAlerts(context: RoleContext): Promise<RunningRole> {
  const { config, clock, stores, closing, logger, onError } = context
  const { catalog } = await stores.catalog()
  const views = await openRuleViews(context)
  const source = createSeriesSource(views)
  const judging = new Judging({
    fileGroups: readRuleGroups(config.alerting),
    rules: ruleStore(catalog.db),
    alerts: alertStore(catalog.db),
    evaluate: { open: () => source.open(), limits: config.limits, now: () => performance.now() },
    delayMs: judgingDelayMs(config),
    intervalMs: parseDuration(config.alerting.evaluation_interval),
    onError,
  })
  const look = async () => {
    for (const judged of await judging.advance(clock())) tell(judged, logger)
  }
  closing.add('judging rules', repeat(LOOK_EVERY_MS, look, onError))
  closing.add('judging corrected data', repeat(REJUDGE_EVERY_MS, rejudgingOf(context, catalog, source), onError))
  const log = await stores.log()
  const hot = await stores.hot()
  const live = await stores.live()
  return {
    checks: [
      checkLog(log),
      checkCatalog(catalog.db),
      checkHot(hot),
      checkLive(live),
      checkObjects(await stores.objects()),
    ],
    metrics: alertMetrics(judging),
  }
}

/** Rules and alerts in the catalog. */
export function alertStore(db: CatalogDb): AlertStore {
  return new AlertStore(db as unknown as AlertDb)
}

/** Managed rules in the catalog. */
export function ruleStore(db: CatalogDb): RuleStore {
  return new RuleStore(db as unknown as RuleDb)
}

/** What corrected data said of alerts, in the catalog. */
export function verdictStore({ db, blockMs }: Catalog): VerdictStore {
  return new VerdictStore(db as unknown as VerdictDb, blockMs)
}

/** Judges rules again over blocks that were computed again, until there are none. */
function rejudgingOf({ config, clock, logger, onError }: RoleContext, catalog: Catalog, source: MergedView) {
  const parts = {
    openAt: (epoch: number) => source.open({ epoch }),
    limits: config.limits,
    rules: ruleStore(catalog.db),
    verdicts: verdictStore(catalog),
    delayMs: judgingDelayMs(config),
    intervalMs: parseDuration(config.alerting.evaluation_interval),
    onError,
  }
  return async () => {
    for (let found = await rejudgeNext(parts, clock()); found; found = await rejudgeNext(parts, clock())) {
      for (const [rule, verdicts] of found) {
        for (const { verdict, labels } of verdicts) logger.warn({ rule, labels }, `after a recompute: it ${verdict}`)
      }
    }
  }
}

/** Points of a time come until then: what is late, and the rest of its window. */
export function judgingDelayMs({ speed }: Config): number {
  return parseDuration(speed.lateness) + WINDOW_MS
}

function tell({ before, status }: JudgedGroup, logger: RoleContext['logger']): void {
  for (const { lastError } of status.rules) if (lastError) logger.warn({ group: status.name }, lastError)
  const { fired, resolved } = alertChanges(before, status)
  for (const alert of fired) logger.warn(about(alert), `alert fires: ${alert.labels.alertname}`)
  for (const alert of resolved) logger.info(about(alert), `alert is resolved: ${alert.labels.alertname}`)
}

function about({ labels, annotations, value }: ActiveAlert) {
  return { labels, value, summary: annotations.summary }
}

function alertMetrics(judging: Judging): RoleMetrics {
  const alerts = collector({
    name: 'alerts',
    families: {
      tidemark_alerts: { type: 'gauge', help: 'Alerts that are not inactive, by state.', labels: ['state'] },
      tidemark_rules_failing: { type: 'gauge', help: 'Rules that could not be judged when they were last due.' },
    },
    read: async () => {
      const rules = judging.statuses().flatMap((group) => group.rules)
      const all = rules.flatMap(({ alerts }) => alerts)
      const states = ['pending', 'firing'] as const
      return {
        tidemark_alerts: states.map((state) => ({
          labels: { state },
          value: all.filter((alert) => alert.state === state).length,
        })),
        tidemark_rules_failing: rules.filter(({ health }) => health === 'err').length,
      }
    },
  })
  return { collectors: [alerts] }
}
