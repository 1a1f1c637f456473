import { Temporal } from '@js-temporal/polyfill'

/**
 * The first instant at which clocks of a zone show this date and time, or a later one where they skip it. So what comes
 * later by the clock never comes earlier in time, however clocks are changed.
 * @returns ms since epoch
 */
export function instantOf(wall: Temporal.PlainDateTime, timeZone: string): number {
  const first = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  if (first.toPlainDateTime().equals(wall)) return first.epochMilliseconds
  return first.getTimeZoneTransition('next')?.epochMilliseconds ?? first.epochMilliseconds
}

/** What clocks of a zone show. */
export function wallOf(timeMs: number, timeZone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).toPlainDateTime()
}
