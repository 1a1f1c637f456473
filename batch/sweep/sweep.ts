import { sql } from 'kysely'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import { type Clock, TIERS } from '../../schemas/time.js'
import type { Catalog } from '../catalog/catalog.js'
import type { CatalogLateLedger } from '../catalog/late-ledger.js'
import type { CatalogSpeedProgress } from '../catalog/speed-progress.js'
import type { BatchSettings } from '../settings.js'
import type { SweepOutcome } from '../work.js'

/** What is no longer needed stays this long: a query may be reading it, an archive may be about to register it. ms */
const GRACE_MS = 3_600_000
/** Keys looked up in the catalog at once. */
const PAGE = 1000

/** What a sweep works with. */
export interface SweepParts {
  catalog: Catalog
  objects: ObjectStore
  ledger: CatalogLateLedger
  progress: CatalogSpeedProgress
  clock: Clock
  settings: BatchSettings
}

/** Applies retention, drops old generations, and removes objects that nothing refers to. Rows go first: a crash leaves orphans for the next sweep. */
export async function sweep(parts: SweepParts): Promise<Omit<SweepOutcome, 'filesCompacted'>> {
  const { objects, ledger, progress, clock, settings } = parts
  const nowMs = clock()
  const keys = [...(await dropOldGenerations(parts, nowMs)), ...(await dropBeyondRetention(parts, nowMs))]
  for (const key of keys) await objects.delete(key)
  await ledger.trim(nowMs - settings.hotMs)
  await progress.trim(nowMs - settings.hotMs)
  return { filesDropped: keys.length, orphansRemoved: await removeOrphans(parts, nowMs) }
}

async function dropOldGenerations({ catalog, settings }: SweepParts, nowMs: number): Promise<string[]> {
  const cutoffMs = nowMs - settings.oldGenerationsMs
  return catalog.db.transaction().execute(async (tx) => {
    const tiers = await tx.deleteFrom('tier_files').where('retired_ms', '<=', cutoffMs).returning('key').execute()
    const raw = await tx.deleteFrom('raw_files').where('retired_ms', '<=', cutoffMs).returning('key').execute()
    // Readable epochs need their own row, the next one's, and for each block the newest row up to them.
    await sql`
      DELETE FROM publications p
      WHERE epoch < (SELECT coalesce(max(epoch), 0) FROM publications WHERE published_ms <= ${cutoffMs})
        AND (block_start IS NULL OR EXISTS (
          SELECT 1 FROM publications n WHERE n.block_start = p.block_start AND n.epoch > p.epoch AND n.published_ms <= ${cutoffMs}))`.execute(
      tx,
    )
    return [...tiers, ...raw].map((row) => row.key)
  })
}

async function dropBeyondRetention({ catalog, settings }: SweepParts, nowMs: number): Promise<string[]> {
  return catalog.db.transaction().execute(async (tx) => {
    const keys: string[] = []
    for (const tier of TIERS) {
      const keptMs = settings.tierMs[tier]
      if (keptMs === 0) continue
      const beforeMs = nowMs - keptMs - GRACE_MS
      const gone = await tx
        .deleteFrom('tier_files')
        .where('tier', '=', tier)
        .where('span_end', '<=', beforeMs)
        .returning('key')
        .execute()
      keys.push(...gone.map((row) => row.key))
    }
    if (settings.rawMs > 0) {
      const beforeMs = nowMs - settings.rawMs - GRACE_MS - catalog.blockMs
      const gone = await tx.deleteFrom('raw_files').where('block_start', '<=', beforeMs).returning('key').execute()
      keys.push(...gone.map((row) => row.key))
      await tx.deleteFrom('blocks').where('start_ms', '<=', beforeMs).where('generation', '>', 0).execute()
    }
    return keys
  })
}

async function removeOrphans({ catalog, objects }: SweepParts, nowMs: number): Promise<number> {
  let removed = 0
  const check = async (keys: string[]) => {
    const raw = await catalog.db.selectFrom('raw_files').select('key').where('key', 'in', keys).execute()
    const tiers = await catalog.db.selectFrom('tier_files').select('key').where('key', 'in', keys).execute()
    const known = new Set([...raw, ...tiers].map((row) => row.key))
    for (const key of keys) {
      if (known.has(key)) continue
      await objects.delete(key)
      removed++
    }
  }
  for (const prefix of ['raw/', 'tiers/']) {
    let page: string[] = []
    for await (const { key, modifiedMs } of objects.list(prefix)) {
      if (modifiedMs > nowMs - GRACE_MS) continue
      page.push(key)
      if (page.length === PAGE) {
        await check(page)
        page = []
      }
    }
    if (page.length > 0) await check(page)
  }
  return removed
}
