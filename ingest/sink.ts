import type { ErrorCode, TidemarkError } from '../schemas/errors.js'
import type { MetricMetadata } from '../schemas/metadata.js'
import type { Kind } from '../schemas/points.js'
import type { Label } from '../schemas/series/series.js'

/**
 * Where a decoder puts what it understood. A decoder resolves a series once, keeps the handle beside the raw bytes it
 * came from (see identity/byte-cache.ts), and from then on costs one `add` a point and no object.
 */
export interface PointSink {
  /**
   * Changes whenever handles given before may no longer be used; a decoder that keeps handles compares it once a
   * request and forgets them all if it changed.
   */
  readonly epoch: number

  /** Where in the input the decoder is, 1-based (a line, or a point of a protobuf message); named in refusals. */
  position: number

  /**
   * The handle of a series, a whole number from 0 on, or -1 if it was refused (the refusal is recorded under
   * `position`; the decoder skips the series' points and goes on).
   * @param labels in any order, names unique; the arrays are not kept
   */
  series(metric: string, labels: readonly Label[], kind: Kind): number

  /**
   * One point. Times outside the allowed range are refused here, under `position`.
   * @param timeMs whole ms since the epoch
   * @param weight 1 / sample rate; 1 for everything that was not sampled
   */
  add(handle: number, timeMs: number, value: number, weight: number): void

  /** One staleness marker of a sample series. */
  addStale(handle: number, timeMs: number): void

  /** Passes on what the sender says of a metric; a sink that only takes points leaves it out. */
  describe?(metric: string, said: Partial<MetricMetadata>): void

  /** Records that the input at `position` was refused. `text` is the offending input, cut short by the sink. */
  refuse(error: TidemarkError, text?: string): void
}

/** One refused piece of a request. */
export interface Refusal {
  position: number
  code: ErrorCode
  reason: string
  hint: string
  text?: string
}

/** What became of a request. `refused` lists at most limits.refusalsListed of the `refusedCount`. */
export interface IngestResult {
  accepted: number
  refusedCount: number
  refused: Refusal[]
}
