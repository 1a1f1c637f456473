import { PartitionBatch } from './batch.js'

/** Batches kept: those of as many partitions as a few requests at once fill. */
const MOST = 32
/** A batch that has grown larger is not kept: 20 bytes a point. */
const MOST_POINTS = 32_768

/** Batches whose points are stored, to be filled again: columns that grow anew for each request bring on collections of garbage. */
export class SpareBatches {
  readonly #batches: PartitionBatch[] = []

  /** An empty batch. */
  take(): PartitionBatch {
    return this.#batches.pop() ?? new PartitionBatch()
  }

  /** Takes back a batch that nobody uses any more. */
  give(batch: PartitionBatch): void {
    if (this.#batches.length === MOST || batch.capacity > MOST_POINTS) return
    batch.clear()
    this.#batches.push(batch)
  }
}
