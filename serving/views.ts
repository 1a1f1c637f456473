import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import type { BatchView } from '../schemas/ports/batch-view.js'
import type { Cache } from '../schemas/ports/cache.js'
import type { WindowChanges } from '../schemas/ports/window-changes.js'
import type { LiveView, WindowReader } from '../schemas/ports/window-store.js'
import type { Clock, Tier, TimeRange } from '../schemas/time.js'

/** Limits of one query. */
type QueryLimits = Pick<
  Limits,
  | 'querySeries'
  | 'querySamples'
  | 'querySteps'
  | 'queryPoints'
  | 'queryMs'
  | 'queryDepth'
  | 'queryResultSamples'
  | 'tails'
>

/** All that answers queries: the three views, and where answers are kept for a while. */
export interface Views {
  batch: BatchView
  hot: WindowReader
  live: Pick<LiveView, 'read' | 'series' | 'coveredFromMs'> & Partial<Pick<LiveView, 'versions'>>
  cache: Cache
  clock: Clock
  /** How long a window waits for its points, ms. */
  latenessMs: number
  limits: QueryLimits
  /** How long an answer is kept, ms. */
  queryTtlMs: number
  /** How long the list of series is kept, ms; new series of the live view are seen at once. */
  tagIndexTtlMs: number
  observer?: QueryObserver
}

/** The views, with what tells that the live one changed: for those who follow an answer. */
export interface WatchedViews extends Views {
  changes: WindowChanges
}

/** Told of queries, for metrics. */
export interface QueryObserver {
  /** The answer of a query can be sent. */
  answered(query: { type: 'instant' | 'range'; ms: number; isPartial: boolean }): void
  /** A query ends with this error. */
  failed(code: string): void
  /** The answer of a query was looked for among those that are kept. */
  lookedUp(isKept: boolean): void
}

/** A stretch of an answer and the view that it came from. */
export interface Coverage extends TimeRange {
  view: 'batch' | 'hot' | 'live'
  tier: Tier
}

/** What it means for an answer that the live view did not answer. */
export const WITHOUT_LIVE = 'closed windows come from the hot store, open ones are missing'
/** Said of an answer while nobody feeds the live view, or it has lost what it had. */
export const NOT_FED = `the live view is not fed at present; ${WITHOUT_LIVE}`

/** What failed in a view, for `partialReasons`; errors that are the query's own fault are thrown again. */
export function viewFailure(view: string, thrown: unknown): string {
  if (thrown instanceof TidemarkError && thrown.status < 500) throw thrown
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') return `the ${view} view did not answer in time`
  return `the ${view} view failed: ${asTidemarkError(thrown).message}`
}
