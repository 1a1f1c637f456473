import { Histogram } from 'prom-client'
import type { Log } from '../../schemas/ports/log.js'
import type { ArchiveStatus, BlocksStatus } from '../../schemas/ports/status.js'
import type { Clock } from '../../schemas/time.js'
import { collector, type RoleMetrics } from './collector.js'

/** How long writing points to the master dataset took. */
export function flushSeconds(): Histogram {
  return new Histogram({
    name: 'tidemark_archive_flush_duration_seconds',
    help: 'How long one partition’s points took to become part of the master dataset.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [],
  })
}

/** How far the archive has come. The same in every process that archives: it is of all partitions. */
export function archiveMetrics(status: () => Promise<ArchiveStatus>, flushes: Histogram): RoleMetrics {
  const archive = collector({
    name: 'archive',
    families: {
      tidemark_archive_lag_seconds: {
        type: 'gauge',
        help: 'Age of the oldest point that is not archived; 0 if all are.',
      },
      tidemark_archive_lag_records: { type: 'gauge', help: 'Records of the log that are not archived.' },
      tidemark_archive_files: { type: 'gauge', help: 'Files of raw points in the master dataset.' },
      tidemark_archive_size_bytes: { type: 'gauge', help: 'Bytes of these files.' },
      tidemark_archive_points: { type: 'gauge', help: 'Points in these files.' },
    },
    read: async () => {
      const { partitions, lagMs, rawFiles, rawBytes, rawPoints } = await status()
      return {
        tidemark_archive_lag_seconds: lagMs / 1000,
        tidemark_archive_lag_records: partitions.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
        tidemark_archive_files: rawFiles,
        tidemark_archive_size_bytes: rawBytes,
        tidemark_archive_points: rawPoints,
      }
    },
  })
  return { collectors: [archive], histograms: [flushes] }
}

/** What the batch layer knows of its blocks, and of records that nobody could read. The same in every worker. */
export function blockMetrics(status: () => Promise<BlocksStatus>, log: Pick<Log, 'bounds'>, clock: Clock): RoleMetrics {
  const blocks = collector({
    name: 'worker',
    families: {
      tidemark_blocks_sealed: { type: 'gauge', help: 'Blocks before the tide line.' },
      tidemark_blocks_dirty: { type: 'gauge', help: 'Sealed blocks that late points wait in to be recomputed.' },
      tidemark_blocks_recomputing: { type: 'gauge', help: 'Blocks that are being recomputed.' },
      tidemark_blocks_audited: { type: 'gauge', help: 'Blocks whose two views were compared.' },
      tidemark_tide_line_age_seconds: { type: 'gauge', help: 'How far the tide line lies behind the clock.' },
      tidemark_unexplained_divergence_windows: {
        type: 'gauge',
        help: 'Windows whose two views differ without a late point that explains it; only 0 is right.',
      },
    },
    read: async () => {
      const { sealed, dirty, recomputing, audited, frontierMs, unexplainedDivergence } = await status()
      return {
        tidemark_blocks_sealed: sealed,
        tidemark_blocks_dirty: dirty,
        tidemark_blocks_recomputing: recomputing,
        tidemark_blocks_audited: audited,
        tidemark_tide_line_age_seconds: (clock() - frontierMs) / 1000,
        tidemark_unexplained_divergence_windows: unexplainedDivergence,
      }
    },
  })
  const letters = collector({
    name: 'dead letters',
    families: {
      tidemark_dead_letters_total: { type: 'counter', help: 'Records that could not be read, of all time.' },
      tidemark_dead_letters_held: { type: 'gauge', help: 'Those of them that the log still holds.' },
    },
    read: async () => {
      const bounds = await log.bounds('tidemark.deadletter')
      return {
        tidemark_dead_letters_total: bounds.reduce((sum, { end }) => sum + end, 0),
        tidemark_dead_letters_held: bounds.reduce((sum, { start, end }) => sum + end - start, 0),
      }
    },
  })
  return { collectors: [blocks, letters] }
}
