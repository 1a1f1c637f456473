import { randomUUID } from 'node:crypto'
import { DEFAULT_DISPATCH_YAML } from '../alerting/dispatch/config/default-config.js'
import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import { readDispatchConfig } from '../alerting/dispatch/config/read-config.js'
import type { DispatchApiOptions } from '../alerting/dispatch/http/options.js'
import { DispatchRunner, type RunnerOptions } from '../alerting/dispatch/runner.js'
import { AlertInbox } from '../alerting/dispatch/store/alert-inbox.js'
import { MaintenanceStore } from '../alerting/dispatch/store/maintenance-store.js'
import { SilenceStore } from '../alerting/dispatch/store/silence-store.js'
import type { DispatchDb } from '../alerting/dispatch/store/tables.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import type { RoleContext } from './context.js'
import type { Collector } from './metrics/collector.js'
import { dispatchMetrics } from './metrics/dispatch.js'
import { repeat, repeatOrNow } from './repeat.js'
import { RoutesFile } from './routes-file.js'

/** A file that was changed counts within this time, ms. */
const FOLLOW_EVERY_MS = 2000
/** What came and what is due is looked at this often, ms. */
const TURN_EVERY_MS = 500

/**
 * The routes of alerts as they stand now. A file that was changed is taken over while the process runs; one that cannot
 * be used is told, and what counted before stays.
 * @throws TM_DISPATCH_FILE
 */
export function openDispatchConfig({ config, closing, logger, onError }: RoleContext): () => DispatchConfig {
  const path = config.alerting.dispatch_file
  if (path === '') {
    const standing = readDispatchConfig(DEFAULT_DISPATCH_YAML, 'the default')
    return () => standing
  }
  const file = new RoutesFile(path)
  const tell = () => {
    for (const warning of file.current().warnings) logger.warn({ file: path }, warning)
  }
  const follow = () => {
    if (file.follow()) tell()
  }
  tell()
  closing.add('the routes of alerts', repeat(FOLLOW_EVERY_MS, follow, onError))
  return () => file.current()
}

/** What the dispatcher's part of the HTTP API is made of. */
export function dispatchApi(context: RoleContext, db: CatalogDb, config: () => DispatchConfig): DispatchApiOptions {
  const dispatchDb = db as unknown as DispatchDb
  const { clock, version } = context
  return {
    inbox: new AlertInbox(dispatchDb),
    silences: new SilenceStore(dispatchDb),
    maintenance: new MaintenanceStore(dispatchDb),
    config,
    limits: context.config.limits,
    clock,
    newId: randomUUID,
    version,
    startedMs: clock(),
  }
}

/**
 * Starts to dispatch alerts: those judged here, and those that others sent. Of all processes one does it at a time.
 * It looks by itself at what came; `look` makes it do so at once.
 * @param take makes sure that a message is sent, and records it in the same transaction
 */
export function startDispatch(
  context: RoleContext,
  db: CatalogDb,
  config: () => DispatchConfig,
  take: RunnerOptions['take'],
): { metrics: Collector; look: () => void } {
  const { clock, closing, onError } = context
  const runner = new DispatchRunner({
    db: db as unknown as DispatchDb,
    config,
    clock,
    holder: randomUUID(),
    take,
    onError,
  })
  closing.add('dispatching alerts', () => runner.close())
  const turns = repeatOrNow(TURN_EVERY_MS, () => runner.step(), onError)
  closing.add('turns of dispatching', turns.stop)
  return { metrics: dispatchMetrics(runner), look: turns.now }
}
