import type { BatchView } from '../../schemas/ports/batch-view.js'
import type { Log } from '../../schemas/ports/log.js'
import type { WindowReader } from '../../schemas/ports/window-store.js'
import { IdTable } from '../../schemas/series/id-table.js'
import { rollupName } from '../../schemas/series/rollup.js'
import type { Series } from '../../schemas/series/series.js'
import { type Clock, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { WINDOW_COLUMNS, type WindowColumns } from '../../schemas/windows/columns.js'
import { type AuditBase, readAuditBase } from '../catalog/blocks.js'
import type { Catalog } from '../catalog/catalog.js'
import type { CatalogLateLedger } from '../catalog/late-ledger.js'
import type { SeriesIndex } from '../catalog/series.js'
import type { CatalogSpeedProgress } from '../catalog/speed-progress.js'
import type { BatchSettings } from '../settings.js'
import type { BlockAudit } from '../work.js'
import { firstDifference } from './compare.js'

/** A block is compared slice by slice, so that memory does not grow with its length. */
const SLICE_MS = 60_000
/** Unexplained differences kept as examples. */
const SAMPLES = 20

/** What the auditor compares. */
export interface AuditParts {
  catalog: Catalog
  view: BatchView
  hotStore: WindowReader
  ledger: CatalogLateLedger
  series: SeriesIndex
  clock: Clock
  settings: BatchSettings
  progress: CatalogSpeedProgress
  log: Pick<Log, 'bounds'>
}

/** An unexplained difference, as the catalog keeps it. */
interface Divergence {
  series: string
  startMs: number
  column: string
  batch?: Record<string, number>
  speed?: Record<string, number>
}

interface Row {
  windows: WindowColumns
  row: number
}

/**
 * Compares a sealed block's 10 s windows with those of the speed layer. A difference is explained if the ledger has
 * late points for that series and window (for a rollup: for any series of its source metric). The result replaces an
 * earlier one of the same block.
 */
export async function auditBlock(parts: AuditParts, startMs: number): Promise<BlockAudit> {
  const { catalog, clock, settings } = parts
  const endMs = startMs + catalog.blockMs
  const nothing = { audited: false, pending: false, windows: 0, explained: 0, unexplained: 0 }
  if (startMs < catalog.originMs || startMs < clock() - settings.hotMs) return nothing
  // Both views must have read the same: the block's generation holds what was archived, so the speed layer is asked
  // how far it was when it had read just that.
  const base = await readAuditBase(catalog.db, startMs)
  if (base.frontierMs < endMs || base.isDirty) return { ...nothing, pending: true }
  const bounds = await parts.log.bounds('tidemark.points')
  if ((await parts.progress.closedThroughMs(base.archivedTo, bounds)) < endMs) return { ...nothing, pending: true }
  const snapshot = await parts.view.snapshot(base.epoch)
  const isExplained = await explanations(parts, startMs)
  const found = { windows: 0, explained: 0, unexplained: 0 }
  const samples: Divergence[] = []
  for (let sliceMs = startMs; sliceMs < endMs; sliceMs += SLICE_MS) {
    const slice = { startMs: sliceMs, endMs: Math.min(sliceMs + SLICE_MS, endMs) }
    await compareSlice(parts, slice, snapshot, (series, windowMs, batch, speed) => {
      found.windows++
      const column =
        batch && speed
          ? firstDifference(batch.windows, batch.row, speed.windows, speed.row)
          : batch
            ? 'only in batch'
            : 'only in speed'
      if (column === undefined) return
      // A window that batch lacks is never explained: late points add, they do not remove.
      if (batch && isExplained(series, windowMs)) found.explained++
      else {
        found.unexplained++
        if (samples.length < SAMPLES)
          samples.push({
            series: String(series),
            startMs: windowMs,
            column,
            batch: values(batch),
            speed: values(speed),
          })
      }
    })
  }
  await store(parts, base, found, samples)
  return { audited: true, pending: false, ...found }
}

type Visit = (series: Series, startMs: number, batch: Row | undefined, speed: Row | undefined) => void

async function compareSlice(
  parts: AuditParts,
  slice: TimeRange,
  snapshot: Awaited<ReturnType<BatchView['snapshot']>>,
  visit: Visit,
): Promise<void> {
  const ids = new IdTable()
  const speedRows = new Map<number, Row>()
  const keyOf = (windows: WindowColumns, row: number) => {
    const { idLow, idHigh } = windows.series[row]
    return ids.add(idLow, idHigh) * (SLICE_MS / WINDOW_MS) + (windows.start[row] - slice.startMs) / WINDOW_MS
  }
  for await (const windows of parts.hotStore.read({ ...slice, matchers: [] })) {
    for (let row = 0; row < windows.length; row++) speedRows.set(keyOf(windows, row), { windows, row })
  }
  for await (const windows of parts.view.read(snapshot, { ...slice, tier: '10s' }, [])) {
    for (let row = 0; row < windows.length; row++) {
      const key = keyOf(windows, row)
      visit(windows.series[row], windows.start[row], { windows, row }, speedRows.get(key))
      speedRows.delete(key)
    }
  }
  for (const speed of speedRows.values())
    visit(speed.windows.series[speed.row], speed.windows.start[speed.row], undefined, speed)
}

/** Which windows the ledger explains: by series id, and by metric for the series that rollups derive. */
async function explanations({ ledger, series, settings }: AuditParts, startMs: number) {
  const explained = new Set<string>()
  const sources = new Map(settings.rollups.map(({ match, by }) => [rollupName(match, by), match]))
  await series.refresh()
  for (const late of await ledger.forBlock(startMs)) {
    explained.add(`${late.idLow}:${late.idHigh}:${late.startMs}`)
    const metric = series.find(late.idLow, late.idHigh)?.metric
    if (metric !== undefined) explained.add(`${metric}:${late.startMs}`)
  }
  return (one: Series, windowMs: number): boolean => {
    const source = sources.get(one.metric)
    return (
      explained.has(`${one.idLow}:${one.idHigh}:${windowMs}`) ||
      (source !== undefined && explained.has(`${source}:${windowMs}`))
    )
  }
}

function values(row: Row | undefined): Record<string, number> | undefined {
  if (!row) return undefined
  return Object.fromEntries(WINDOW_COLUMNS.map((column) => [column, row.windows[column][row.row]]))
}

async function store(
  parts: AuditParts,
  { startMs, generation }: AuditBase,
  found: Omit<BlockAudit, 'audited' | 'pending'>,
  samples: readonly Divergence[],
): Promise<void> {
  const { catalog, clock } = parts
  const row = { generation, audited_ms: clock(), ...found, sample: JSON.stringify(samples) }
  await catalog.db
    .insertInto('audits')
    .values({ block_start: startMs, ...row })
    .onConflict((conflict) => conflict.column('block_start').doUpdateSet(row))
    .execute()
}
