import type { TimeRange } from '../time.js'
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
  /** Windows that were closed since the partition was assigned, one a series and 10 s. */
  closedWindows: number
  /** Whether the live view takes its windows. */
  isFed: boolean
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

/** The seasonal patterns that detectors judge by. */
export interface PatternsStatus {
  /** Series that have one. */
  series: number
  /** Of these, whose history was corrected since: they are trained again within minutes. */
  corrected: number
  /** Left out while there is none. */
  newest?: {
    /** When the last training was, ms. */
    trainedMs: number
    /** Epoch of the batch view that it saw. */
    epoch: number
    /** From the oldest to the newest reading that the patterns now in use were trained on. */
    range: TimeRange
    /** Readings that the patterns now in use were trained on, together. */
    readings: number
  }
}

/** What a gateway counted since it started. */
export interface IngestStatus {
  accepted: number
  refused: number
  refusedByCode: Record<string, number>
  activeSeries: number
}

/** What one process says of itself, as far as its roles have something to say. */
export interface InstanceReport {
  ingest?: IngestStatus
  speed?: PartitionStatus[]
}

/** A running process. */
export interface Instance {
  id: string
  roles: readonly string[]
  host: string
  pid: number
  /** Where it answers `/metrics`, `/-/healthy` and `/-/ready`. */
  url: string
  version: string
  startedMs: number
  /** When it said this, ms. */
  seenMs: number
  status: InstanceReport
}

/** The whole pipeline at one moment, as `tidemark status` and `/api/v1/status/pipeline` show it. */
export interface PipelineStatus {
  nowMs: number
  /** Of the gateways that run, together. */
  ingest: IngestStatus
  speed: PartitionStatus[]
  archive: ArchiveStatus
  blocks: BlocksStatus
  patterns: PatternsStatus
  workflows: WorkflowsStatus
  /** The processes that run. */
  instances: Instance[]
}
