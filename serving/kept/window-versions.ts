import type { Snapshot } from '../../schemas/ports/batch-view.js'
import { alignDown, WINDOW_MS } from '../../schemas/time.js'
import type { PlanPart } from '../plan.js'
import type { Views } from '../views.js'

/**
 * Closed windows are in the hot store, and seen by all who read it, once they were said to be closed for so long, ms:
 * nobody writes them again then.
 */
const SETTLED_MS = 60_000

/**
 * What the 10 s windows of a plan are, by their start: a window that is named as before is as before. Those that are
 * left out may be others at any time.
 */
export async function windowVersions(
  views: Pick<Views, 'batch' | 'live'>,
  snapshot: Snapshot,
  parts: readonly PlanPart[],
): Promise<Map<number, string>> {
  const versions = new Map<number, string>()
  for (const part of parts) {
    if (part.view === 'batch') await addSealed(views, snapshot, part, versions)
    else if (part.view === 'live') await addLive(views, part, versions)
    else addHot(snapshot, part, versions)
  }
  return versions
}

/** A recompute of a block makes other files. */
async function addSealed(
  { batch }: Pick<Views, 'batch'>,
  snapshot: Snapshot,
  { tier, startMs, endMs }: PlanPart,
  versions: Map<number, string>,
): Promise<void> {
  for (let blockMs = alignDown(startMs, snapshot.blockMs); blockMs < endMs; blockMs += snapshot.blockMs) {
    const block = { startMs: Math.max(blockMs, startMs), endMs: Math.min(blockMs + snapshot.blockMs, endMs) }
    const version = `batch ${await batch.version(snapshot, { tier, ...block })}`
    for (let start = block.startMs; start < block.endMs; start += WINDOW_MS) versions.set(start, version)
  }
}

/** Where the live view cannot tell, reading it tells why. */
async function addLive({ live }: Pick<Views, 'live'>, part: PlanPart, versions: Map<number, string>): Promise<void> {
  const ofLive = (await live.versions?.(part).catch(() => undefined)) ?? new Map<number, string>()
  for (const [start, version] of ofLive) versions.set(start, `live ${version}`)
}

function addHot({ closedThroughMs }: Snapshot, { startMs, endMs }: PlanPart, versions: Map<number, string>): void {
  const settledMs = Math.min(endMs, closedThroughMs - SETTLED_MS)
  for (let start = startMs; start + WINDOW_MS <= settledMs; start += WINDOW_MS) versions.set(start, 'hot')
}
