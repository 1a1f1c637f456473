import { isEvent, type Kind } from '../schemas/points.js'
import type { WantedColumns } from '../schemas/ports/batch-view.js'
import type { SelectHints } from '../schemas/ports/series-source.js'
import { type TimeRange, WINDOW_MS } from '../schemas/time.js'
import { FIRST_STALE, LAST_STALE, NON_FINITE } from '../schemas/windows/columns.js'
import type { Part } from '../schemas/windows/parts.js'
import type { RowColumn } from './rows.js'

/**
 * What a reading of sample series takes of each window: its last point, which is all that a moment on the windows' grid
 * can see; its first and its last point; or all of its aggregates.
 */
type RowForm = 'last' | 'edges' | 'windows'

/** What is taken of the windows of one selection. */
export interface Reading {
  part: Part
  form: RowForm
  /** Columns of a row that is a window; the others are left empty. */
  columns: readonly RowColumn[]
  sketches: boolean
}

/** A function of a range that follows from windows. */
interface WindowFunction {
  /** Kinds of series of which it follows from longer windows too; left out: of none. */
  coarse?: 'everyKind' | 'samples'
  /** What it takes of each row beside {@link EVERY_ROW}. */
  columns: readonly RowColumn[]
  sketches?: true
}

/** How much a row stands for. */
const EVERY_ROW: readonly RowColumn[] = ['count', 'firstMs']
const GROWTH: readonly RowColumn[] = ['sum', 'first', 'increase']

/**
 * Functions of a range that follow from windows, and for series of which kind they follow from longer windows too: the
 * row of an event series is what the bare name means of its window, so its last one is another in a longer window.
 */
const OF_WINDOWS: Readonly<Record<string, WindowFunction>> = {
  sum_over_time: { coarse: 'everyKind', columns: ['sum'] },
  count_over_time: { coarse: 'everyKind', columns: [] },
  avg_over_time: { coarse: 'everyKind', columns: ['sum'] },
  min_over_time: { coarse: 'everyKind', columns: ['min'] },
  max_over_time: { coarse: 'everyKind', columns: ['max'] },
  present_over_time: { coarse: 'everyKind', columns: [] },
  absent_over_time: { coarse: 'everyKind', columns: [] },
  quantile_over_time: { coarse: 'everyKind', columns: ['min', 'max'], sketches: true },
  rate: { coarse: 'everyKind', columns: GROWTH },
  increase: { coarse: 'everyKind', columns: GROWTH },
  delta: { coarse: 'samples', columns: GROWTH },
  first_over_time: { coarse: 'samples', columns: ['first', 'increase'] },
  last_over_time: { coarse: 'samples', columns: ['first', 'increase'] },
  ts_of_first_over_time: { coarse: 'samples', columns: ['first', 'increase'] },
  ts_of_last_over_time: { coarse: 'samples', columns: ['first', 'increase'] },
  ts_of_max_over_time: { columns: ['max'] },
  ts_of_min_over_time: { columns: ['min'] },
  stddev_over_time: { columns: ['min', 'first'], sketches: true },
  stdvar_over_time: { columns: ['min', 'first'], sketches: true },
}

/** Parts whose function over longer windows is the same: a sum of sums, an extreme of extremes, a merge of sketches. */
const OF_PARTS: Readonly<Record<string, readonly Part[]>> = {
  sum_over_time: ['sum', 'count', 'histogram'],
  min_over_time: ['min'],
  max_over_time: ['max'],
  rate: ['histogram'],
  increase: ['histogram'],
}

/**
 * Flags of windows from which a function of a range does not follow: NaN and infinities are not in the aggregates, nor
 * is growth across a staleness marker, and where one stands at an edge the edge's own value is not known.
 */
const UNFIT = NON_FINITE | FIRST_STALE | LAST_STALE

/** What a query takes of the windows of a part. */
export function readingOf(part: Part, range: TimeRange, hints: SelectHints): Reading {
  const { lookbackMs, stepMs, func, everyPoint } = hints
  if (part !== 'bare') {
    const isDistribution = part === 'histogram' || part.startsWith('p')
    const columns: readonly RowColumn[] = part === 'histogram' ? ['count', 'sum', 'min'] : []
    return { part, form: 'windows', columns, sketches: isDistribution }
  }
  if (lookbackMs !== undefined && !everyPoint) {
    const isOnGrid = (range.startMs + lookbackMs) % WINDOW_MS === 0 && stepMs % WINDOW_MS === 0
    return { part, form: isOnGrid ? 'last' : 'edges', columns: [], sketches: false }
  }
  const rule = everyPoint || func === undefined ? undefined : OF_WINDOWS[func]
  if (!rule) return { part, form: 'edges', columns: [], sketches: false }
  return { part, form: 'windows', columns: [...EVERY_ROW, ...rule.columns], sketches: rule.sketches ?? false }
}

/**
 * Whether longer windows say the same where the query's times lie on their grid, and if so which flags make a window
 * unfit for that: it is then read from the 10 s windows inside it.
 * @param kinds of the series that are selected
 */
export function coarseRule(
  { part }: Reading,
  { lookbackMs, func, everyPoint }: SelectHints,
  kinds: ReadonlySet<Kind>,
): { unfit: number } | undefined {
  if (everyPoint) return undefined
  const holdsEvents = [...kinds].some(isEvent)
  if (lookbackMs !== undefined) return part === 'bare' && !holdsEvents ? { unfit: 0 } : undefined
  if (func === undefined) return undefined
  if (part !== 'bare') return OF_PARTS[func]?.includes(part) ? { unfit: 0 } : undefined
  const rule = OF_WINDOWS[func]?.coarse
  return rule === 'everyKind' || (rule === 'samples' && !holdsEvents) ? { unfit: UNFIT } : undefined
}

/** The columns that a reading takes, by kind of series. */
export function columnsOf({ part, form, columns, sketches }: Reading): WantedColumns {
  if (part !== 'bare') {
    const of = part === 'histogram' ? columns : PART_COLUMNS[part]
    return { sample: of, event: of, sketches }
  }
  const edges = form === 'edges' ? EDGES : LAST
  return {
    sample: [...new Set([...edges, ...columns])],
    event: [...new Set([...EVENT_VALUE, ...columns])],
    sketches,
  }
}

const LAST: WantedColumns['sample'] = ['last', 'lastMs']
const EDGES: WantedColumns['sample'] = ['first', 'firstMs', ...LAST]
const EVENT_VALUE: WantedColumns['event'] = ['count', 'sum']
const PART_COLUMNS: Readonly<Record<Exclude<Part, 'bare' | 'histogram'>, WantedColumns['event']>> = {
  count: ['count'],
  sum: ['count', 'sum'],
  min: ['count', 'min'],
  max: ['count', 'max'],
  avg: ['count', 'sum'],
  first: ['first'],
  last: ['last'],
  increase: ['count', 'sum', 'increase'],
  p50: ['count', 'min', 'max'],
  p95: ['count', 'min', 'max'],
  p99: ['count', 'min', 'max'],
}
