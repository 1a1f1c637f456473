import { AlertRecorder } from '../alerting/alert-recorder.js'
import { alertChanges } from '../alerting/changes.js'
import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import { type JudgedGroup, Judging } from '../alerting/judging.js'
import type { StoredPoint } from '../alerting/record.js'
import { rejudgeNext } from '../alerting/verdicts/rejudging.js'
import type { Catalog } from '../batch/catalog/catalog.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import type { MergedView } from '../serving/source.js'
import { alertStore, judgingDelayMs, ruleStore, verdictStore } from './alert-stores.js'
import { checkCatalog, checkHot, checkLive, checkLog, checkObjects } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { startDispatch } from './dispatch.js'
import { openGateway } from './gateway.js'
import { incidentDesk, incidentParts, outbox } from './incidents.js'
import { openIntake } from './intake.js'
import { alertMetrics } from './metrics/alerts.js'
import { incidentMetrics } from './metrics/incidents.js'
import { startNotifier } from './notify.js'
import { recordPoints } from './record-points.js'
import { repeat } from './repeat.js'
import { readRuleGroups } from './rule-groups.js'
import { judgedSource } from './rule-source.js'
import { untilComplete } from './until-complete.js'

/** Groups that are due are looked for this often, and that often while a window is, ms. */
const LOOK_EVERY_MS = 500
const LOOK_EAGERLY_MS = 100
/** Blocks that were computed again are looked for this often, ms. */
const REJUDGE_EVERY_MS = 5000
/** Recorded series that fell silent are looked for this often, ms. */
const RELEASE_EVERY_MS = 300_000

/**
 * Starts to judge the rules, and to tell people what came of it.
 * @param source what they are judged on
 * @throws TM_RULE_FILE
 */
export async function startAlerts(
  context: RoleContext,
  routes: () => DispatchConfig,
  source: MergedView,
): Promise<RunningRole> {
  const { config, clock, stores, closing, logger, onError } = context
  const { catalog } = await stores.catalog()
  const open = () => source.open()
  const { external_labels: labels, external_url: url } = config.alerting
  const fileGroups = readRuleGroups(config.alerting)
  const delayMs = judgingDelayMs(config)
  const judged = judgedSource(source, () => clock() - delayMs)
  const evaluate = { limits: config.limits, now: () => performance.now(), external: { labels, url } }
  const write = recordedPointsWriter(context)
  const latenessMs = parseDuration(config.speed.lateness)
  let completeMs = 0
  const judging = new Judging({
    fileGroups,
    rules: ruleStore(catalog.db),
    alerts: alertStore(catalog.db),
    evaluate: { ...evaluate, open: () => judged.open() },
    record: { ...evaluate, open, write },
    latenessMs,
    delayMs,
    completeThroughMs: async () => {
      completeMs = await judged.completeThroughMs()
      return completeMs
    },
    intervalMs: parseDuration(config.alerting.evaluation_interval),
    onError,
  })
  const waiting = outbox(catalog.db)
  const notifier = startNotifier({ ...context, routes }, waiting)
  closing.add('telling people', () => notifier.stop())
  const intake = openIntake(context, { db: catalog.db, judging, routes, open, limits: config.limits })
  const dispatch = startDispatch(context, catalog.db, routes, async (flush, record) => {
    await intake.takeFlush(flush, record)
    notifier.wake()
    const { receiver, reason, groupLabels: group, alerts } = flush
    const firing = alerts.filter(({ status }) => status === 'firing').length
    logger.info({ receiver, reason, group, firing, of: alerts.length }, 'a group of alerts is told')
  })
  const recorder = new AlertRecorder({ write, latenessMs, clock })
  const look = async () => {
    const judged = await judging.advance(clock())
    for (const one of judged) tell(one, logger)
    if (judged.length > 0) dispatch.look()
    await recorder.record(judged)
  }
  const pace = { latenessMs, everyMs: LOOK_EVERY_MS, eagerMs: LOOK_EAGERLY_MS }
  closing.add(
    'judging rules',
    repeat(() => untilComplete(clock(), completeMs, pace), look, onError),
  )
  closing.add('judging corrected data', repeat(REJUDGE_EVERY_MS, rejudgingOf(context, catalog, source), onError))
  const desk = incidentDesk(incidentParts({ config, db: catalog.db, clock }))
  return {
    checks: [
      checkLog(await stores.log()),
      checkCatalog(catalog.db),
      checkHot(await stores.hot()),
      checkLive(await stores.live()),
      checkObjects(await stores.objects()),
    ],
    metrics: {
      collectors: [
        alertMetrics(judging),
        incidentMetrics(desk, waiting, clock),
        dispatch.metrics,
        ...notifier.metrics.collectors,
      ],
    },
  }
}

/** What stores the points of recording rules, and of alerts; opened once there are some. */
function recordedPointsWriter(context: RoleContext): (points: readonly StoredPoint[]) => Promise<void> {
  let opening: Promise<ReturnType<typeof recordPoints>> | undefined
  return async (points) => {
    opening ??= openWriter(context).catch((thrown) => {
      opening = undefined
      throw thrown
    })
    await (await opening)(points)
  }
}

async function openWriter(context: RoleContext) {
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

function tell({ before, status }: JudgedGroup, logger: RoleContext['logger']): void {
  for (const { lastError } of [...status.rules, ...(status.recordings ?? [])])
    if (lastError) logger.warn({ group: status.name }, lastError)
  const { fired, resolved } = alertChanges(before, status)
  for (const alert of fired) logger.warn(about(alert), `alert fires: ${alert.labels.alertname}`)
  for (const alert of resolved) logger.info(about(alert), `alert is resolved: ${alert.labels.alertname}`)
}

function about({ labels, annotations, value }: ActiveAlert) {
  return { labels, value, summary: annotations.summary }
}
