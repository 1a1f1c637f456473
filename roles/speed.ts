import { CatalogLateLedger } from '../batch/catalog/late-ledger.js'
import { CatalogPatterns } from '../batch/catalog/seasonal-patterns.js'
import { CatalogSpeedProgress } from '../batch/catalog/speed-progress.js'
import { parseDuration } from '../schemas/config/duration.js'
import { startSpeedLayer } from '../speed/speed-layer.js'
import { checkCatalog, checkHot, checkLive, checkLog } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { speedMetrics } from './metrics/speed.js'
import { repeat } from './repeat.js'

/** Idle partitions are looked at this often, ms. */
const FOLLOW_CLOCK_MS = 1000
/** New patterns count a minute after they were stored; by then they must be known. */
const REFRESH_PATTERNS_MS = 20_000

/** Starts to make windows of the points of the log. */
export async function startSpeed({ config, clock, stores, closing, onError }: RoleContext): Promise<RunningRole> {
  const log = await stores.log()
  const hot = await stores.hot()
  const live = await stores.live()
  const { catalog } = await stores.catalog()
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
    rules: { latenessMs: parseDuration(config.speed.lateness), idleAfterMs: parseDuration(config.speed.idle_after) },
    clock,
    sleep: (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    onError,
  })
  closing.add('the speed layer', () => speed.close())
  closing.add(
    'provisional windows',
    repeat(parseDuration(config.speed.provisional_every), () => speed.flushProvisional(), onError),
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
