import type { Layout } from '../../schemas/ports/layouts.js'
import { hashBytes } from '../identity/byte-numbers.js'

const encoder = new TextEncoder()

/** The partition of a metric: all series of one metric share it, so each series keeps its order in one place. */
export function partitionOf(metric: string, partitions: number): number {
  const bytes = encoder.encode(metric)
  return hashBytes(bytes, 0, bytes.length) % partitions
}

/** The partition of a series: that of its metric, or for a metric that is split one of those after it, by its id. */
export function seriesPartition(metric: string, idLow: number, { partitions, splits }: Layout): number {
  const first = partitionOf(metric, partitions)
  const over = Object.hasOwn(splits, metric) ? splits[metric] : 1
  return (first + (idLow % over)) % partitions
}
