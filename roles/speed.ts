import { CatalogLateLedger } from '../batch/catalog/late-ledger.js'
import { CatalogSpeedProgress } from '../batch/catalog/speed-progress.js'
import { parseDuration } from '../schemas/config/duration.js'
import { startSpeedLayer } from '../speed/speed-layer.js'
import type { RoleContext, RunningRole } from './context.js'
import { reasonOf } from './gateway.js'
import { repeat } from './repeat.js'

/** Idle partitions are looked at this often, ms. */
const FOLLOW_CLOCK_MS = 1000

/** Starts to make windows of the points of the log. */
export async function startSpeed({ config, clock, stores, closing, onError }: RoleContext): Promise<RunningRole> {
  const log = await stores.log()
  const { catalog } = await stores.catalog()
  const speed = await startSpeedLayer({
    log,
    hot: await stores.hot(),
    live: await stores.live(),
    late: new CatalogLateLedger(catalog.db, catalog.blockMs),
    progress: new CatalogSpeedProgress(catalog.db),
    rollups: config.rollups,
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
  return {
    ended: speed.ended,
    notReady: () => reasonOf(log.bounds('tidemark.points')),
    report: async () => ({ speed: await speed.status() }),
  }
}
