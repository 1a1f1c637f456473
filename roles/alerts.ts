import { AlertStore } from '../alerting/alert-store.js'
import { activeAlerts, alertChanges } from '../alerting/changes.js'
import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import { GroupEvaluator, groupId, judgeableMs } from '../alerting/evaluate.js'
import { GroupRecorder, recordableMs } from '../alerting/group-recorder.js'
import { isRecording, type RuleGroup } from '../alerting/rule-file.js'
import type { AlertDb } from '../alerting/tables.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import { asTidemarkError } from '../schemas/errors.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { WINDOW_MS } from '../schemas/time.js'
import { createSeriesSource } from '../serving/source.js'
import { checkCatalog, checkHot, checkLive, checkLog, checkObjects } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { startDispatch, takeIntoLog } from './dispatch.js'
import { openGateway } from './gateway.js'
import { collector, type RoleMetrics } from './metrics/collector.js'
import { recordPoints } from './record-points.js'
import { repeat } from './repeat.js'
import { readRuleGroups } from './rule-groups.js'
import { openRuleViews } from './rule-views.js'

/** Groups that are due are looked for this often, ms. */
const LOOK_EVERY_MS = 1000

/** Recorded series that fell silent are looked for this often, ms. */
const RELEASE_EVERY_MS = 300_000

/** A group that is judged, and where it stands. */
interface JudgedGroup {
  evaluator: GroupEvaluator
  recorder: GroupRecorder
  position: number
  judgedMs: number
  /** Alerts as they were told last. */
  told: readonly ActiveAlert[]
}

/** Starts to judge the rules. @throws TM_RULE_FILE */
export async function startAlerts(context: RoleContext, routes: () => DispatchConfig): Promise<RunningRole> {
  const { config, clock, stores, closing, onError } = context
  const groups = readRuleGroups(config.alerting)
  const { catalog } = await stores.catalog()
  const store = alertStore(catalog.db)
  const views = await openRuleViews(context)
  const source = createSeriesSource(views)
  const { external_labels: labels, external_url: url } = config.alerting
  const asking = { open: () => source.open(), limits: config.limits, now: () => performance.now() }
  const write = await recordedPointsWriter(groups, context)
  await store.retain(groups.map(groupId))
  const stored = new Map((await store.groups()).map((status) => [groupId(status), status]))
  const judged: JudgedGroup[] = []
  for (const [position, group] of groups.entries()) {
    const known = await store.known(groupId(group))
    const evaluator = new GroupEvaluator(group, { ...asking, external: { labels, url } }, known)
    const recordedMs = stored.get(groupId(group))?.recordings?.[0]?.judgedMs
    const recorder = new GroupRecorder(group, { ...asking, write }, recordedMs)
    judged.push({ evaluator, recorder, position, judgedMs: Number.NEGATIVE_INFINITY, told: [...known.values()].flat() })
  }
  const latenessMs = parseDuration(config.speed.lateness)
  // Points of a time come until then: what is late, and the rest of its window.
  const delayMs = latenessMs + WINDOW_MS
  const look = async () => {
    // First what must come in time itself: alerts may read it.
    for (const { recorder } of judged) {
      const toMs = recordableMs(recorder.group, clock(), latenessMs)
      await recorder.record(toMs).catch((thrown) => onError(asTidemarkError(thrown)))
    }
    for (const one of judged) {
      const toMs = judgeableMs(one.evaluator.group, clock(), delayMs)
      if (toMs > one.judgedMs) await judgeGroup(one, toMs, store, context)
    }
  }
  const dispatch = startDispatch(context, catalog.db, routes, takeIntoLog(catalog.db, context.logger))
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
    metrics: { collectors: [...alertMetrics(judged).collectors, ...dispatch.collectors] },
  }
}

/** Rules and alerts in the catalog. */
export function alertStore(db: CatalogDb): AlertStore {
  return new AlertStore(db as unknown as AlertDb)
}

/** What stores the points of recording rules; opened only if there are some. */
async function recordedPointsWriter(groups: readonly RuleGroup[], context: RoleContext) {
  if (!groups.some(({ rules }) => rules.some(isRecording))) return async () => undefined
  const { closing, onError, logger, stores } = context
  const gateway = await openGateway(context, await stores.log())
  closing.add(
    'releasing silent recorded series',
    repeat(RELEASE_EVERY_MS, () => gateway.releaseIdle(), onError),
  )
  return recordPoints(gateway, (count, reason) =>
    logger.warn({ points: count }, `recorded points are refused: ${reason}`),
  )
}

async function judgeGroup(one: JudgedGroup, toMs: number, store: AlertStore, { logger }: RoleContext): Promise<void> {
  const { evaluator, recorder, position, told } = one
  await evaluator.advance(toMs)
  const recordings = recorder.status()
  const status = { ...evaluator.status(), ...(recordings.length > 0 && { recordings }) }
  // Where several processes judge, the first one tells.
  const isFirst = await store.save(status, position, toMs)
  one.judgedMs = toMs
  one.told = activeAlerts(status)
  for (const { lastError } of [...status.rules, ...recordings])
    if (lastError) logger.warn({ group: status.name }, lastError)
  if (!isFirst) return
  const { fired, resolved } = alertChanges(told, status)
  for (const alert of fired) logger.warn(about(alert), `alert fires: ${alert.labels.alertname}`)
  for (const alert of resolved) logger.info(about(alert), `alert is resolved: ${alert.labels.alertname}`)
}

function about({ labels, annotations, value }: ActiveAlert) {
  return { labels, value, summary: annotations.summary }
}

function alertMetrics(judged: readonly JudgedGroup[]): RoleMetrics {
  const alerts = collector({
    name: 'alerts',
    families: {
      tidemark_alerts: { type: 'gauge', help: 'Alerts that are not inactive, by state.', labels: ['state'] },
      tidemark_rules_failing: { type: 'gauge', help: 'Rules that could not be judged when they were last due.' },
    },
    read: async () => {
      const all = judged.flatMap(({ told }) => told)
      const states = ['pending', 'firing'] as const
      const rules = judged.flatMap(({ evaluator, recorder }) => [...evaluator.status().rules, ...recorder.status()])
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
