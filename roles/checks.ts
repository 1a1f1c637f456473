import type { CatalogDb } from '../batch/catalog/tables.js'
import type { Log } from '../schemas/ports/log.js'
import type { ObjectStore } from '../schemas/ports/object-store.js'
import type { HotStore, LiveView } from '../schemas/ports/window-store.js'
import type { Workflows } from '../schemas/ports/workflows.js'

/** A question to something that a role works with. */
export interface Check {
  /** What is asked, for people: two checks of one name ask the same. */
  name: string
  /** True if the role does its work without it, worse. */
  isWarning?: boolean
  /** Rejects if it cannot be worked with; the message says why. */
  ask: () => Promise<unknown>
}

/** No series is called so: finding none takes little. */
const NOTHING = { matchers: [{ name: '__name__', op: '=' as const, value: 'tidemark:ready' }], startMs: 0, endMs: 1 }

/** Asks the log for its bounds. */
export function checkLog(log: Pick<Log, 'bounds'>): Check {
  return { name: 'log', ask: () => log.bounds('tidemark.points') }
}

/** Asks the catalog for its state. */
export function checkCatalog(db: CatalogDb): Check {
  return { name: 'catalog', ask: () => db.selectFrom('batch_state').select('epoch').execute() }
}

/** Asks the hot store for series that there are not. */
export function checkHot(hot: Pick<HotStore, 'series'>): Check {
  return { name: 'hot store', ask: () => hot.series(NOTHING) }
}

/** Asks the live view what it covers; the hot store answers in its place. */
export function checkLive(live: Pick<LiveView, 'coveredFromMs'>): Check {
  return { name: 'live view', isWarning: true, ask: () => live.coveredFromMs() }
}

/** Asks the object store for objects that there are not. */
export function checkObjects(objects: Pick<ObjectStore, 'list'>): Check {
  return {
    name: 'objects',
    ask: async () => {
      for await (const _ of objects.list('ready/')) return
    },
  }
}

/** Asks whether Temporal drives this worker. @param isWarning other roles of the process go on without it */
export function checkWorkflows(workflows: Pick<Workflows, 'status'>, isWarning: boolean): Check {
  return {
    name: 'Temporal',
    isWarning,
    ask: async () => {
      const { state, reason } = await workflows.status()
      if (state !== 'running') throw new Error(reason === undefined ? state : `${state}: ${reason}`)
    },
  }
}
