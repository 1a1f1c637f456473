import type { BatchView } from '../schemas/ports/batch-view.js'
import type { WindowReader } from '../schemas/ports/window-store.js'
import { mergedRollups } from '../schemas/windows/merged-rollups.js'
import { PatternTraining } from './anomaly/training.js'
import { auditBlock } from './audit/audit.js'
import { blocksWithPoints } from './catalog/blocks.js'
import { CatalogLateLedger } from './catalog/late-ledger.js'
import { CatalogSpeedProgress } from './catalog/speed-progress.js'
import { compactTiers } from './compact/compact-tiers.js'
import { Recompute, type RecomputeParts } from './recompute/recompute.js'
import { sweep } from './sweep/sweep.js'
import type { BatchWork } from './work.js'

/** What batch work needs besides what a recompute does. */
export interface BatchWorkParts extends RecomputeParts {
  view: BatchView
  hotStore: WindowReader
}

/** The batch work of one process. */
export function createBatchWork(parts: BatchWorkParts): BatchWork {
  const { catalog, settings, clock } = parts
  const recompute = new Recompute(parts)
  const training = new PatternTraining(parts)
  const hotStore = mergedRollups(parts.hotStore, settings.rollups)
  const ledger = new CatalogLateLedger(catalog.db, catalog.blockMs)
  const progress = new CatalogSpeedProgress(catalog.db)
  // Where retention dropped the raw points, a recompute would lose what the tiers still hold.
  const rawFromMs = () => (settings.rawMs > 0 ? clock() - settings.rawMs : Number.NEGATIVE_INFINITY)
  const isHeld = (startMs: number) => startMs >= rawFromMs()
  return {
    sealReady: async () => ({ sealed: await recompute.seal() }),
    dirtyReady: async () => (await recompute.dirtyReady()).filter(isHeld),
    recomputeBlock: (startMs) => recompute.block(startMs),
    blocksIn: async (range) => (await blocksWithPoints(catalog.db, range, catalog.blockMs)).filter(isHeld),
    auditBlock: (startMs) => auditBlock({ ...parts, hotStore, ledger, progress }, startMs),
    planTraining: (kind) => training.plan(kind),
    trainPage: (plan, after) => training.page(plan, after),
    sweep: async () => ({
      ...(await sweep({ ...parts, ledger, progress })),
      filesCompacted: await compactTiers(parts),
    }),
  }
}
