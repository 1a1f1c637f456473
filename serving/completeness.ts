import type { Snapshot } from '../schemas/ports/batch-view.js'
import { WINDOW_MS } from '../schemas/time.js'
import type { QueryPlan } from './plan.js'
import type { Views } from './views.js'

/** From the moment at which a window is due to be closed until every reader sees that it is, ms. */
const GRACE_MS = 5_000

/**
 * Why an answer may lack points that came on time: the speed layer has not come as far as it should have, because it
 * reads again what another process had read, is held up by a store, or does not run.
 * @returns undefined if it lacks none
 */
export function incompleteness(
  { parts }: Pick<QueryPlan, 'parts'>,
  { completeThroughMs }: Pick<Snapshot, 'completeThroughMs'>,
  { clock, latenessMs }: Pick<Views, 'clock' | 'latenessMs'>,
): string | undefined {
  const dueMs = clock() - latenessMs - WINDOW_MS - GRACE_MS
  const speed = parts.filter(({ view }) => view !== 'batch')
  const neededMs = Math.min(dueMs, Math.max(...speed.map(({ endMs }) => endMs)))
  if (speed.length === 0 || neededMs <= completeThroughMs) return undefined
  if (completeThroughMs === 0) return 'the speed layer has not said yet up to when windows are complete'
  const through = new Date(completeThroughMs).toISOString()
  return `the speed layer is behind: windows are complete up to ${through}, later ones may lack points`
}
