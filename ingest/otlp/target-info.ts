import { OLDEST_POINT_MS } from '../../schemas/limits.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { PointSink } from '../sink.js'

/** Half of Prometheus's lookback, so that a query anywhere within the points' time finds the series. */
const SPACING_MS = 150_000

/** Readings for one request; those nearest to its newest point are written. */
const MAX_READINGS = 600

/**
 * Writes `target_info`, a gauge that is always 1 and whose labels tell about the resource, over the time of its points.
 * A sender's clock that is ahead must not make it so: no reading is later than `nowMs`.
 */
export function addTargetInfo(
  sink: PointSink,
  labels: readonly Label[],
  earliestMs: number,
  latestMs: number,
  nowMs: number,
): void {
  const handle = sink.series('target_info', labels, Kind.Sample)
  if (handle === -1) return
  const last = Math.max(Math.min(latestMs, nowMs), OLDEST_POINT_MS)
  const first = Math.max(Math.min(earliestMs, last), OLDEST_POINT_MS, last - MAX_READINGS * SPACING_MS)
  for (let timeMs = first; timeMs < last; timeMs += SPACING_MS) sink.add(handle, timeMs, 1, 1)
  sink.add(handle, last, 1, 1)
}
