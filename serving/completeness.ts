import type { Snapshot } from '../schemas/ports/batch-view.js'
import { WINDOW_MS } from '../schemas/time.js'
import type { Coverage, Views } from './views.js'

/** From the moment at which a window is due to be closed until every reader sees that it is, ms. */
const GRACE_MS = 5_000

/**
 * Why an answer may lack points that came on time: the speed layer has not come as far as it should have, because it
 * reads again what another process had read, is held up by a store, or does not run; or windows that are not closed yet
 * were not read from the live view, which alone has them.
 * @param coverage what was read
 * @returns undefined if it lacks none
 */
export function incompleteness(
  coverage: readonly Pick<Coverage, 'view' | 'endMs'>[],
  { completeThroughMs, closedThroughMs }: Pick<Snapshot, 'completeThroughMs' | 'closedThroughMs'>,
  { clock, latenessMs }: Pick<Views, 'clock' | 'latenessMs'>,
): string | undefined {
  const dueMs = clock() - latenessMs - WINDOW_MS - GRACE_MS
  const readable = { batch: Number.POSITIVE_INFINITY, hot: closedThroughMs, live: completeThroughMs }
  const lacking = coverage.filter(({ view, endMs }) => Math.min(dueMs, endMs) > readable[view])
  if (lacking.length === 0) return undefined
  if (completeThroughMs === 0) return 'the speed layer has not said yet up to when windows are complete'
  const through = new Date(Math.min(...lacking.map(({ view }) => readable[view]))).toISOString()
  return `the speed layer is behind: windows are complete up to ${through}, later ones may lack points`
}
