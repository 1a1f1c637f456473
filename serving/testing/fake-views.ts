import { addEvent, addSample, mergeWindow } from '../../schemas/aggregates/index.js'
import { isEvent } from '../../schemas/points.js'
import type { BlockVersion, Snapshot, WantedColumns } from '../../schemas/ports/batch-view.js'
import type { Cache } from '../../schemas/ports/cache.js'
import type { ChangeListener, ChangeWatch, WindowChanges } from '../../schemas/ports/window-changes.js'
import { type Matcher, seriesPredicate } from '../../schemas/series/matcher.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import type { Series } from '../../schemas/series/series.js'
import { alignDown, TIER_MS, TIERS, type Tier, type TimeRange, WINDOW_MS, windowStart } from '../../schemas/time.js'
import { WINDOW_COLUMNS, WindowColumns } from '../../schemas/windows/columns.js'
import type { Views, WatchedViews } from '../views.js'

/** A point of a test. */
export interface TestPoint {
  series: Series
  timeMs: number
  value: number
  stale?: boolean
}

/** Folds points into windows of a tier as the layers do: 10 s windows first, then merged in order of time. */
export function windowsOf(points: readonly TestPoint[], tier: Tier): WindowColumns {
  const fine = new WindowColumns()
  const rows = new Map<string, number>()
  for (const point of [...points].sort((a, b) => a.timeMs - b.timeMs)) {
    const { series, timeMs, value, stale = false } = point
    const row = rowOf(fine, rows, series, windowStart(timeMs, WINDOW_MS))
    if (isEvent(series.kind)) addEvent(fine, row, timeMs, value, 1)
    else addSample(fine, row, timeMs, value, stale)
  }
  fine.settle()
  const merged = new WindowColumns()
  const mergedRows = new Map<string, number>()
  for (let from = 0; from < fine.length; from++) {
    const row = rowOf(merged, mergedRows, fine.series[from], alignDown(fine.start[from], TIER_MS[tier]))
    mergeWindow(merged, row, fine, from)
  }
  merged.settle()
  return merged
}

function rowOf(windows: WindowColumns, rows: Map<string, number>, series: Series, startMs: number): number {
  const key = `${series.id}/${startMs}`
  let row = rows.get(key)
  if (row === undefined) {
    row = windows.push(series, startMs)
    rows.set(key, row)
  }
  return row
}

/** What a test may set of the fake views. */
export interface FakeOptions {
  points: readonly TestPoint[]
  frontierMs: number
  nowMs: number
  coveredFromMs?: number
  completeThroughMs?: number
  closedThroughMs?: number
  heldFromMs?: Partial<Snapshot['heldFromMs']>
  /** How often windows of each start were put into the live view. */
  puts?: ReadonlyMap<number, number>
  limits?: Partial<Views['limits']>
  /** Gives the error that a view throws, if any. */
  fail?: (view: 'batch' | 'hot' | 'live') => Error | undefined
}

const BLOCK_MS = 600_000
const LATENESS_MS = 15_000

/** How often each view was read. */
export interface ReadCounts {
  batch: number
  hot: number
  live: number
}

/**
 * The three views over the same points. Each view answers windows that are not its own with a value of 1e9, so that
 * a plan that asks the wrong view is seen in the answer.
 */
export function fakeViews(
  options: FakeOptions,
): WatchedViews & { reads: ReadCounts; generation: { value: number }; changes: FakeChanges } {
  const { points, frontierMs, coveredFromMs, completeThroughMs = Number.POSITIVE_INFINITY } = options
  const reads: ReadCounts = { batch: 0, hot: 0, live: 0 }
  const generation = { value: 1 }
  const mistaken = points.map((point) => ({ ...point, value: 1e9, stale: false }))
  const view = (name: keyof ReadCounts, isOwn: (startMs: number) => boolean) =>
    async function* read(range: TimeRange & { tier?: Tier; matchers: readonly Matcher[]; only?: readonly Series[] }) {
      reads[name]++
      const failure = options.fail?.(name)
      if (failure) throw failure
      const tier = range.tier ?? '10s'
      const own = points.filter(({ timeMs }) => isOwn(windowStart(timeMs, WINDOW_MS)))
      const others = mistaken.filter(({ timeMs }) => !isOwn(windowStart(timeMs, WINDOW_MS)))
      yield* chunks(windowsOf([...own, ...others], tier), range, range.matchers, range.only)
    }
  const list = async (matchers: readonly Matcher[], name: keyof ReadCounts) => {
    const failure = options.fail?.(name)
    if (failure) throw failure
    return [...new Set(points.map(({ series }) => series))].filter(seriesPredicate(matchers))
  }
  const batchRead = view('batch', (startMs) => startMs < frontierMs)
  const heldFromMs = Object.fromEntries(
    TIERS.map((tier) => [tier, options.heldFromMs?.[tier]]),
  ) as Snapshot['heldFromMs']
  return {
    reads,
    generation,
    batch: {
      snapshot: async (epoch) => ({
        epoch: epoch ?? generation.value,
        frontierMs,
        blockMs: BLOCK_MS,
        heldFromMs,
        completeThroughMs,
        closedThroughMs: options.closedThroughMs ?? completeThroughMs,
      }),
      blocks: async (_snapshot, range) => blocksOf(range, generation.value),
      version: async (_snapshot, part) => JSON.stringify(blocksOf(part, generation.value)),
      read: (_snapshot, part, matchers) => unread(batchRead({ ...part, matchers, only: part.series }), part.columns),
      aggregate: async () => undefined,
      series: (_snapshot, _range, matchers) => list(matchers, 'batch'),
    },
    hot: {
      read: view('hot', (startMs) => startMs >= frontierMs && startMs < (coveredFromMs ?? options.nowMs)),
      series: ({ matchers }) => list(matchers, 'hot'),
    },
    live: {
      read: view('live', (startMs) => startMs >= Math.max(frontierMs, coveredFromMs ?? 0)),
      series: ({ matchers }) => list(matchers, 'live'),
      coveredFromMs: async () => coveredFromMs,
      versions: async ({ startMs, endMs }) =>
        new Map(
          [...(options.puts ?? [])]
            .filter(([start]) => start >= startMs && start < endMs)
            .map(([start, put]) => [start, String(put)]),
        ),
    },
    changes: new FakeChanges(),
    cache: memoryCache(),
    clock: () => options.nowMs,
    latenessMs: LATENESS_MS,
    limits: {
      querySeries: 1000,
      querySamples: 1_000_000,
      querySteps: 100_000,
      queryPoints: 11_000,
      queryMs: 5000,
      queryDepth: 200,
      queryResultSamples: 1_000_000,
      tails: 10,
      ...options.limits,
    },
    queryTtlMs: 30_000,
    tagIndexTtlMs: 300_000,
  }
}

function blocksOf({ startMs, endMs }: TimeRange, generation: number): BlockVersion[] {
  const blocks: BlockVersion[] = []
  for (let at = alignDown(startMs, BLOCK_MS); at < endMs; at += BLOCK_MS) {
    blocks.push({ startMs: at, generation, files: 1, dirty: false })
  }
  return blocks
}

/** The windows in the range, newest first and two a chunk: nothing may rely on their order. */
function* chunks(
  windows: WindowColumns,
  { startMs, endMs }: TimeRange,
  matchers: readonly Matcher[],
  only?: readonly Series[],
) {
  const wanted = seriesPredicate(matchers)
  let chunk = new WindowColumns(2)
  for (let row = windows.length - 1; row >= 0; row--) {
    const series = windows.series[row]
    if (windows.start[row] < startMs || windows.start[row] >= endMs || !wanted(series)) continue
    if (only && !only.includes(series)) continue
    chunk.pushRow(windows, row)
    if (chunk.length < 2) continue
    yield chunk
    chunk = new WindowColumns(2)
  }
  yield chunk
}

/** Spoils the columns that were not asked for, so that whoever uses them is seen in the answer. */
async function* unread(windows: AsyncIterable<WindowColumns>, wanted?: WantedColumns): AsyncIterable<WindowColumns> {
  for await (const chunk of windows) {
    for (let row = 0; wanted && row < chunk.length; row++) {
      const columns = isEvent(chunk.series[row].kind) ? wanted.event : wanted.sample
      for (const name of WINDOW_COLUMNS) if (!columns.includes(name)) chunk[name][row] = 1e9
      if (!wanted.sketches) chunk.sketch[row] = undefined
    }
    yield chunk
  }
}

/** Changes that a test tells of. */
export class FakeChanges implements WindowChanges {
  readonly listeners = new Set<ChangeListener>()

  async watch(listener: ChangeListener): Promise<ChangeWatch> {
    this.listeners.add(listener)
    return {
      close: async () => {
        this.listeners.delete(listener)
      },
    }
  }

  changed(...names: string[]): void {
    for (const listener of this.listeners) listener.changed(Uint32Array.from(names, metricHash).sort())
  }

  missed(): void {
    for (const listener of this.listeners) listener.missed()
  }
}

/** A cache without bounds or end, for tests. */
function memoryCache(): Cache & { entries: Map<string, Uint8Array> } {
  const entries = new Map<string, Uint8Array>()
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, value) => {
      entries.set(key, value)
    },
    delete: async (keys) => {
      for (const key of keys) entries.delete(key)
    },
  }
}
