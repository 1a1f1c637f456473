import type { Snapshot } from '../schemas/ports/batch-view.js'
import { TIERS } from '../schemas/time.js'
import { checkDeadline, orAborted, type QueryDeadline, viewSignal, withinDeadline } from './cancel.js'
import { type Views, viewFailure } from './views.js'

/** The state of the views that one query reads. */
export interface ViewState {
  snapshot: Snapshot
  /** From when on the live view holds every window; undefined: it covers nothing. */
  coveredFromMs?: number
  /** Why that is not known. */
  liveFailure?: string
  /** Why something is missing already. */
  reasons: readonly string[]
}

/**
 * Fixes the state of the views for one query. A view that cannot be asked is left out.
 * @param epoch of the batch view; left out: as it is now
 * @throws TM_QUERY_EPOCH, TM_QUERY_TIME, TM_QUERY_CANCELLED
 */
export async function viewState(views: Views, deadline: QueryDeadline, epoch?: number): Promise<ViewState> {
  const asked = async <T>(view: string, work: Promise<T>): Promise<{ answer?: T; failure?: string }> => {
    try {
      return { answer: await orAborted(work, viewSignal(deadline)) }
    } catch (thrown) {
      checkDeadline(deadline)
      return { failure: viewFailure(view, thrown) }
    }
  }
  const older = async () => ({
    answer: await withinDeadline(views.batch.snapshot(epoch), deadline),
    failure: undefined,
  })
  const [batch, live] = await Promise.all([
    epoch === undefined ? asked('batch', views.batch.snapshot()) : older(),
    asked('live', views.live.coveredFromMs()),
  ])
  return {
    snapshot: batch.answer ?? unsealed(),
    coveredFromMs: live.answer,
    liveFailure: live.failure,
    reasons: batch.failure === undefined ? [] : [batch.failure],
  }
}

/** Without the catalog nothing is known to be sealed: everything is asked of the speed views, and that is said already. */
function unsealed(): Snapshot {
  const heldFromMs = Object.fromEntries(TIERS.map((tier) => [tier, undefined])) as Snapshot['heldFromMs']
  return {
    epoch: 0,
    frontierMs: 0,
    blockMs: 0,
    heldFromMs,
    completeThroughMs: Number.POSITIVE_INFINITY,
    closedThroughMs: Number.POSITIVE_INFINITY,
  }
}
