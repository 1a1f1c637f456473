import type { StoredPoint } from '../alerting/record.js'
import type { RequestOpener } from '../ingest/request.js'
import { labelValue, METRIC_NAME } from '../promql/labels.js'
import { Kind } from '../schemas/points.js'

/**
 * Stores what rules recorded, through the same way in as anyone's points.
 * @param onRefused told how many the gateway did not want (too many series of a metric, say), and why the first
 * @returns a function whose promise rejects with a TidemarkError if the log has not taken them
 */
export function recordPoints(
  gateway: RequestOpener,
  onRefused: (count: number, reason: string) => void,
): (points: readonly StoredPoint[]) => Promise<void> {
  return async (points) => {
    const request = gateway.open()
    for (const { labels, timeMs, value } of points) {
      const metric = labelValue(labels, METRIC_NAME)
      const handle = request.series(
        metric,
        labels.filter(([name]) => name !== METRIC_NAME),
        Kind.Sample,
      )
      if (handle < 0) continue
      if (value === 'stale') request.addStale(handle, timeMs)
      else request.add(handle, timeMs, value, 1)
    }
    const { refused, refusedCount } = await request.commit()
    if (refusedCount > 0) onRefused(refusedCount, refused[0]?.reason ?? '')
  }
}
