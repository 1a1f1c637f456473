import { startDeadline } from './cancel.js'
import type { KeptWindows } from './kept/kept-windows.js'
import { MergedQuery, type Shared } from './merged-query.js'
import { MANY_WINDOWS } from './pushdown.js'
import { SealedRows } from './sealed-rows.js'
import { viewState } from './view-state.js'
import type { Views } from './views.js'

/** How one query is opened. */
export interface OpenOptions {
  /** Reads the batch view as it was at this epoch; undefined: as it is now. */
  epoch?: number
  /** Aborted when the client goes away. */
  signal?: AbortSignal
  /** Less than limits.queryMs, if the caller has less patience. ms */
  timeoutMs?: number
  /** What was read for such a caller before, for the metrics that it selects as a whole. Left out: nothing is kept. */
  kept?: KeptWindows
}

/** The merged view: batch before the tide line, speed from there on. */
export interface MergedView {
  /**
   * Fixes epoch and tide line for one query.
   * @throws TM_QUERY_EPOCH
   */
  open(options?: OpenOptions): Promise<MergedQuery>
}

/**
 * The merged view over these views, stores and limits.
 * @param manyWindows from so many on aggregations are computed where the windows are
 */
export function createSeriesSource(views: Views, manyWindows = MANY_WINDOWS): MergedView {
  const shared = { sealed: new SealedRows(), manyWindows }
  return { open: (options = {}) => openQuery(views, { ...shared, kept: options.kept }, options) }
}

async function openQuery(
  views: Views,
  shared: Shared,
  { epoch, signal, timeoutMs }: OpenOptions,
): Promise<MergedQuery> {
  const deadline = startDeadline(
    Math.max(1, Math.min(views.limits.queryMs, timeoutMs ?? Number.POSITIVE_INFINITY)),
    signal,
  )
  return new MergedQuery(views, shared, await viewState(views, deadline, epoch), deadline)
}
