import { CatalogPatterns } from '../batch/catalog/seasonal-patterns.js'
import { archiveStatus, blocksStatus } from '../batch/status.js'
import type { IngestStatus, Instance, PartitionStatus, PipelineStatus } from '../schemas/ports/status.js'
import type { Workflows } from '../schemas/ports/workflows.js'
import type { RoleContext } from './context.js'
import type { InstanceDesk } from './instance.js'

/** The whole pipeline at this moment. Throws TM_CATALOG_UNAVAILABLE, TM_LOG_UNAVAILABLE. */
export async function pipelineStatus(
  { stores, clock }: RoleContext,
  desk: InstanceDesk,
  workflows: Workflows,
): Promise<PipelineStatus> {
  const { catalog } = await stores.catalog()
  const log = await stores.log()
  const [instances, archive, blocks, patterns, temporal] = await Promise.all([
    desk.all(),
    archiveStatus(catalog, log, clock),
    blocksStatus(catalog, clock),
    new CatalogPatterns(catalog.db).status(catalog.blockMs),
    workflows.status(),
  ])
  return {
    nowMs: clock(),
    ingest: ingestOf(instances),
    speed: partitionsOf(instances),
    archive,
    blocks,
    patterns,
    workflows: temporal,
    instances,
  }
}

/** All gateways together. A series that two gateways see is counted by both. */
export function ingestOf(instances: readonly Instance[]): IngestStatus {
  const total: IngestStatus = { accepted: 0, refused: 0, refusedByCode: {}, activeSeries: 0 }
  for (const { status } of instances) {
    if (!status.ingest) continue
    total.accepted += status.ingest.accepted
    total.refused += status.ingest.refused
    total.activeSeries += status.ingest.activeSeries
    for (const [code, n] of Object.entries(status.ingest.refusedByCode))
      total.refusedByCode[code] = (total.refusedByCode[code] ?? 0) + n
  }
  return total
}

/** Each partition as the process says that spoke of it last. */
export function partitionsOf(instances: readonly Instance[]): PartitionStatus[] {
  const newest = new Map<number, PartitionStatus>()
  for (const { status } of [...instances].sort((a, b) => a.seenMs - b.seenMs)) {
    for (const partition of status.speed ?? []) newest.set(partition.partition, partition)
  }
  return [...newest.values()].sort((a, b) => a.partition - b.partition)
}
