import type { Route } from './route.js'
import { containsTime, type TimeInterval } from './time-interval.js'

/** Names of the time intervals because of which nobody is told on a route at a time; empty if somebody is. */
export function timeMutedBy(
  { muteTimes, activeTimes }: Pick<Route, 'muteTimes' | 'activeTimes'>,
  intervals: ReadonlyMap<string, readonly TimeInterval[]>,
  timeMs: number,
): readonly string[] {
  const holds = (name: string) => (intervals.get(name) ?? []).some((interval) => containsTime(interval, timeMs))
  if (activeTimes.length > 0 && !activeTimes.some(holds)) return activeTimes
  return muteTimes.filter(holds)
}

/** True if nobody is told on a route at this time. */
export function isTimeMuted(...about: Parameters<typeof timeMutedBy>): boolean {
  return timeMutedBy(...about).length > 0
}
