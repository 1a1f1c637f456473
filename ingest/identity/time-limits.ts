import { TidemarkError } from '../../schemas/errors.js'
import { type Limits, OLDEST_POINT_MS } from '../../schemas/limits.js'

/** Why a point of this time is refused, if it is: too far ahead of the clock, or before the year 2000. */
export function timeFault(timeMs: number, nowMs: number, limits: Limits): TidemarkError | undefined {
  if (timeMs > nowMs + limits.futureMs) {
    return new TidemarkError('TM_POINT_FUTURE', {
      time: timeText(timeMs),
      aheadMs: timeMs - nowMs,
      limit: limits.futureMs,
    })
  }
  if (!(timeMs >= OLDEST_POINT_MS)) {
    return new TidemarkError('TM_POINT_ANCIENT', { time: timeText(timeMs), limit: timeText(OLDEST_POINT_MS) })
  }
  return undefined
}

function timeText(timeMs: number): string {
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : `${timeMs} ms`
}
