import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'
import type { SeasonalPattern } from '../../schemas/seasonal-pattern.js'

/** Rows of the batch layer's tables (migrations/). 64-bit integers are numbers, but for series ids, which are text. */
export interface CatalogTables {
  batch_state: {
    one: Generated<boolean>
    origin_ms: number
    block_ms: number
    frontier_ms: number
    epoch: number
    late_points: Generated<number>
  }
  publications: {
    epoch: number
    block_start: number | null
    generation: number | null
    frontier_ms: number
    published_ms: number
  }
  blocks: {
    start_ms: number
    generation: number
    raw_version: number
    computed_version: Generated<number>
    dirty_first_ms: number | null
    dirty_last_ms: number | null
    recomputing_ms: number | null
  }
  raw_files: {
    id: Generated<number>
    key: string
    block_start: number
    partition: number | null
    points: number
    bytes: number
    retired_ms: number | null
  }
  tier_files: {
    id: Generated<number>
    key: string
    tier: string
    span_start: number
    span_end: number
    windows: number
    bytes: number
    epoch_from: number
    epoch_to: number | null
    retired_ms: number | null
    metric_from: string | null
    metric_to: string | null
  }
  archive_progress: { partition: number; next_offset: number; received_ms: number; points: Generated<number> }
  series: {
    id: ColumnType<string, string, string>
    seq: number
    canonical: Buffer
    first_ms: number
    last_ms: number
  }
  late_points: { partition: number; log_offset: number; block_start: number; points: number; packed: Buffer }
  speed_progress: { partition: number; log_offset: number; through_ms: number }
  speed_complete: { partition: number; through_ms: number; closed_ms: number }
  instances: {
    id: string
    roles: string[]
    host: string
    pid: number
    url: string
    version: string
    started_ms: number
    seen_ms: number
    status: ColumnType<unknown, string, string>
  }
  layouts: { from_ms: number; partitions: number; splits: ColumnType<unknown, string, string> }
  metric_metadata: { metric: string; type: string; help: string; unit: string; said_ms: number }
  seasonal_patterns: {
    series_id: ColumnType<string, string, string>
    from_ms: number
    seq: number
    epoch: number
    checked_epoch: number
    range_start: number
    range_end: number
    readings: number
    digest: string
    patterns: ColumnType<SeasonalPattern[], string, string>
    trained_ms: number
  }
  audits: {
    block_start: number
    generation: number
    audited_ms: number
    windows: number
    explained: number
    unexplained: number
    sample: ColumnType<unknown, string, string>
  }
}

/** The catalog's database; the pool must give int8 as numbers (series ids are read as text). */
export type CatalogDb = Kysely<CatalogTables>
/** One transaction on it. */
export type CatalogTx = Transaction<CatalogTables>
