import { CatalogLateLedger } from '../batch/catalog/late-ledger.js'
import { CatalogPatterns } from '../batch/catalog/seasonal-patterns.js'
import { CatalogSpeedProgress } from '../batch/catalog/speed-progress.js'
import { parseDuration } from '../schemas/config/duration.js'
import { startSpeedLayer } from '../speed/speed-layer.js'
import { checkCatalog, checkHot, checkLive, checkLog } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { speedMetrics } from './metrics/speed.js'
import { repeat } from './repeat.js'
import { dueThroughMs, untilComplete } from './until-complete.js'

/** Idle partitions are looked at this often, ms. */
const FOLLOW_CLOCK_MS = 1000
/** New patterns count a minute after they were stored; by then they must be known. */
const REFRESH_PATTERNS_MS = 20_000
/** So soon it is tried again to say that a window is complete, ms. */
const SAY_AGAIN_MS = 200

/** Starts to make windows of the points of the log. */
export async function startSpeed({ config, clock, stores, closing, onError }: RoleContext): Promise<RunningRole> {
  const log = await stores.log()
  const hot = await stores.hot()
  const live = await stores.live()
  const { catalog } = await stores.catalog()
  const latenessMs = parseDuration(config.speed.lateness)
  const speed = await startSpeedLayer({
    log,
    hot,
    live,
    late: new CatalogLateLedger(catalog.db, catalog.blockMs),
    progress: new CatalogSpeedProgress(catalog.db),
    rollups: config.rollups,
    anomaly: {
      rules: config.anomaly.rules,
      maxSeries: config.anomaly.max_series,
      patterns: new CatalogPatterns(catalog.db),
    },
    rules: { latenessMs, idleAfterMs: parseDuration(config.speed.idle_after) },
    clock,
    sleep: (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    onError,
  })
  closing.add('the speed layer', () => speed.close())
  const pace = { latenessMs, everyMs: parseDuration(config.speed.provisional_every), eagerMs: SAY_AGAIN_MS }
  const show = async () => {
    // Rules wait for it to be said: of a partition without records the clock knows it.
    if (speed.completeMs() < dueThroughMs(clock(), latenessMs)) await speed.followClock()
    await speed.flushProvisional()
  }
  closing.add(
    'provisional windows',
    repeat(() => untilComplete(clock(), speed.completeMs(), pace), show, onError),
  )
  closing.add(
    'the idle clock',
    repeat(FOLLOW_CLOCK_MS, () => speed.followClock(), onError),
  )
  closing.add(
    'trained patterns',
    repeat(REFRESH_PATTERNS_MS, () => speed.refreshPatterns(), onError),
  )
  return {
    ended: speed.ended,
    checks: [checkLog(log), checkCatalog(catalog.db), checkHot(hot), checkLive(live)],
    metrics: speedMetrics(() => speed.status()),
    report: async () => ({ speed: await speed.status() }),
  }
}
