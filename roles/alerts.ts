import { AlertStore } from '../alerting/alert-store.js'
import { activeAlerts, alertChanges } from '../alerting/changes.js'
import { GroupEvaluator, groupId, judgeableMs } from '../alerting/evaluate.js'
import type { IncidentIntake } from '../alerting/incidents/intake.js'
import type { AlertDb } from '../alerting/tables.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { WINDOW_MS } from '../schemas/time.js'
import { createSeriesSource } from '../serving/source.js'
import { checkCatalog, checkHot, checkLive, checkLog, checkObjects } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { directFlushes } from './direct-flushes.js'
import { incidentDesk, incidentParts, outbox } from './incidents.js'
import { openIntake } from './intake.js'
import { type Collector, collector } from './metrics/collector.js'
import { incidentMetrics } from './metrics/incidents.js'
import { repeat } from './repeat.js'
import { readRuleGroups } from './rule-groups.js'
import { openRuleViews } from './rule-views.js'

/** Groups that are due are looked for this often, ms. */
const LOOK_EVERY_MS = 1000

/** A group that is judged, and where it stands. */
interface JudgedGroup {
  evaluator: GroupEvaluator
  position: number
  judgedMs: number
  /** Alerts as they were told last. */
  told: readonly ActiveAlert[]
}

/** Starts to judge the rules. @throws TM_RULE_FILE */
export async function startAlerts(context: RoleContext): Promise<RunningRole> {
  const { config, clock, stores, closing, onError } = context
  const groups = readRuleGroups(config.alerting)
  const { catalog } = await stores.catalog()
  const store = alertStore(catalog.db)
  const views = await openRuleViews(context)
  const source = createSeriesSource(views)
  const options = { open: () => source.open(), limits: config.limits, now: () => performance.now() }
  await store.retain(groups.map(groupId))
  const judged: JudgedGroup[] = []
  for (const [position, group] of groups.entries()) {
    const known = await store.known(groupId(group))
    const evaluator = new GroupEvaluator(group, options, known)
    judged.push({ evaluator, position, judgedMs: Number.NEGATIVE_INFINITY, told: [...known.values()].flat() })
  }
  const intake = openIntake(context, { db: catalog.db, groups, ...options })
  const delayMs = judgingDelayMs(config)
  const look = async () => {
    for (const one of judged) {
      const toMs = judgeableMs(one.evaluator.group, clock(), delayMs)
      if (toMs > one.judgedMs) await judgeGroup(one, toMs, { store, intake }, context)
    }
  }
  closing.add('judging rules', repeat(LOOK_EVERY_MS, look, onError))
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
    metrics: {
      collectors: [
        alertMetrics(judged),
        incidentMetrics(incidentDesk(incidentParts({ config, db: catalog.db, clock })), outbox(catalog.db), clock),
      ],
    },
  }
}

/** Rules and alerts in the catalog. */
export function alertStore(db: CatalogDb): AlertStore {
  return new AlertStore(db as unknown as AlertDb)
}

/** Points of a time come until then: what is late, and the rest of its window. */
function judgingDelayMs({ speed }: Config): number {
  return parseDuration(speed.lateness) + WINDOW_MS
}

async function judgeGroup(
  one: JudgedGroup,
  toMs: number,
  { store, intake }: { store: AlertStore; intake: IncidentIntake },
  { logger }: RoleContext,
): Promise<void> {
  const { evaluator, position, told } = one
  await evaluator.advance(toMs)
  const status = evaluator.status()
  // Before it counts as judged: what was not taken is said again, and what was taken twice changes nothing.
  for (const flush of directFlushes(told, activeAlerts(status), toMs)) await intake.takeFlush(flush)
  // Where several processes judge, the first one tells.
  const isFirst = await store.save(status, position, toMs)
  one.judgedMs = toMs
  one.told = activeAlerts(status)
  for (const { lastError } of status.rules) if (lastError) logger.warn({ group: status.name }, lastError)
  if (!isFirst) return
  const { fired, resolved } = alertChanges(told, status)
  for (const alert of fired) logger.warn(about(alert), `alert fires: ${alert.labels.alertname}`)
  for (const alert of resolved) logger.info(about(alert), `alert is resolved: ${alert.labels.alertname}`)
}

function about({ labels, annotations, value }: ActiveAlert) {
  return { labels, value, summary: annotations.summary }
}

function alertMetrics(judged: readonly JudgedGroup[]): Collector {
  return collector({
    name: 'alerts',
    families: {
      tidemark_alerts: { type: 'gauge', help: 'Alerts that are not inactive, by state.', labels: ['state'] },
      tidemark_rules_failing: { type: 'gauge', help: 'Rules that could not be judged when they were last due.' },
    },
    read: async () => {
      const all = judged.flatMap(({ told }) => told)
      const states = ['pending', 'firing'] as const
      const rules = judged.flatMap(({ evaluator }) => evaluator.status().rules)
      return {
        tidemark_alerts: states.map((state) => ({
          labels: { state },
          value: all.filter((alert) => alert.state === state).length,
        })),
        tidemark_rules_failing: rules.filter(({ health }) => health === 'err').length,
      }
    },
  })
}
