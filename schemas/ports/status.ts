import type { WorkflowsStatus } from './workflows.js'

/** One partition as the speed layer sees it. */
export interface PartitionStatus {
  partition: number
  /** ms since the epoch; undefined before the first point. */
  watermarkMs?: number
  /** Records not read yet. */
  lagRecords: number
  openWindows: number
  latePoints: number
}

/** The archive's progress. */
export interface ArchiveStatus {
  partitions: { partition: number; offset: number; watermarkMs?: number; lagRecords: number }[]
  /** Age of the oldest point not archived yet, ms; 0 if there is none. */
  lagMs: number
  rawFiles: number
  rawBytes: number
  rawPoints: number
}

/** The blocks' states. */
export interface BlocksStatus {
  epoch: number
  /** The tide line, ms. */
  frontierMs: number
  blockMs: number
  sealed: number
  dirty: number
  recomputing: number
  /** Late points counted since the beginning. */
  latePoints: number
  /** Windows whose two views differ without a late point that explains it. The only right value is 0. */
  unexplainedDivergence: number
  /** Blocks audited. */
  audited: number
}

/** The whole pipeline at one moment, as `tidemark status` and `/api/v1/status/pipeline` show it. */
export interface PipelineStatus {
  nowMs: number
  ingest: { accepted: number; refused: number; refusedByCode: Record<string, number>; activeSeries: number }
  speed: PartitionStatus[]
  archive: ArchiveStatus
  blocks: BlocksStatus
  workflows: WorkflowsStatus
}
