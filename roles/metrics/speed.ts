import type { PartitionStatus } from '../../schemas/ports/status.js'
import { collector, type Reading, type RoleMetrics } from './collector.js'

const labels = ['partition']

/** What the speed layer knows of the partitions that it reads. */
export function speedMetrics(status: () => Promise<readonly PartitionStatus[]>): RoleMetrics {
  const partitions = collector({
    name: 'speed',
    families: {
      tidemark_partition_watermark_seconds: {
        type: 'gauge',
        help: 'Event time up to which no more points are expected, seconds since the epoch.',
        labels,
      },
      tidemark_partition_lag_records: { type: 'gauge', help: 'Records of the log that are not read yet.', labels },
      tidemark_partition_open_windows: { type: 'gauge', help: 'Windows that still wait for points.', labels },
      tidemark_late_points_total: { type: 'counter', help: 'Points whose window was closed when they came.', labels },
      tidemark_windows_closed_total: {
        type: 'counter',
        help: 'Windows that were closed, one a series and 10 s.',
        labels,
      },
      tidemark_live_view_fed: { type: 'gauge', help: 'Whether the live view takes windows: 1, or else 0.', labels },
    },
    read: async () => {
      const all = await status()
      const of = (value: (one: PartitionStatus) => number): Reading[] =>
        all.map((one) => ({ labels: { partition: String(one.partition) }, value: value(one) }))
      return {
        tidemark_partition_watermark_seconds: of(({ watermarkMs = Number.NaN }) => watermarkMs / 1000).filter(
          ({ value }) => !Number.isNaN(value),
        ),
        tidemark_partition_lag_records: of(({ lagRecords }) => lagRecords),
        tidemark_partition_open_windows: of(({ openWindows }) => openWindows),
        tidemark_late_points_total: of(({ latePoints }) => latePoints),
        tidemark_windows_closed_total: of(({ closedWindows }) => closedWindows),
        tidemark_live_view_fed: of(({ isFed }) => (isFed ? 1 : 0)),
      }
    },
  })
  return { collectors: [partitions] }
}
