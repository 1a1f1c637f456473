import type { Temporal } from '@js-temporal/polyfill'
import type { TimeRange } from '../../schemas/time.js'
import type { Layer } from './rotation.js'
import { instantOf, wallOf } from './wall-clock.js'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** True if the layer counts at a time: it always does, or one of its restrictions says so. */
export function countsAt(layer: Layer, timeZone: string, timeMs: number): boolean {
  if (layer.restrictions.length === 0) return true
  const around = { startMs: timeMs, endMs: timeMs + 1 }
  return times(layer, timeZone, around).some(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs)
}

/** The times at which the layer counts by its restrictions, those that touch the range. They may overlap. */
export function times({ restrictions }: Layer, timeZone: string, range: TimeRange): TimeRange[] {
  const found: TimeRange[] = []
  const last = wallOf(range.endMs, timeZone).toPlainDate()
  // What began the day before may still run.
  let day = wallOf(range.startMs, timeZone).toPlainDate().subtract({ days: 1 })
  for (; day.since(last).sign <= 0; day = day.add({ days: 1 })) {
    for (const { days, from, to } of restrictions) {
      if (days && !days.some((name) => name === DAYS[day.dayOfWeek - 1])) continue
      const startMs = at(day, from, timeZone)
      const endMs = at(to > from ? day : day.add({ days: 1 }), to, timeZone)
      if (startMs < range.endMs && endMs > range.startMs) found.push({ startMs, endMs })
    }
  }
  return found
}

function at(day: Temporal.PlainDate, timeOfDay: string, timeZone: string): number {
  return instantOf(day.toPlainDateTime(timeOfDay), timeZone)
}
