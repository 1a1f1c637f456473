import { hashBytes } from './identity/byte-cache.js'

const encoder = new TextEncoder()

/** The partition of a metric: all series of one metric share it, so each series keeps its order in one place. */
export function partitionOf(metric: string, partitions: number): number {
  const bytes = encoder.encode(metric)
  return hashBytes(bytes, 0, bytes.length) % partitions
}
