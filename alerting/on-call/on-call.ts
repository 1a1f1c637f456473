import type { OnCallConfig } from '../../schemas/config/on-call.js'
import type { TimeRange } from '../../schemas/time.js'
import { countsAt, times } from './restriction.js'
import { handOver, type Layer, personOf, turnAt } from './rotation.js'

/** A time during which one person is on call. */
export interface Shift extends TimeRange {
  person: string
}

/** Who is on call: who stands in, else whose turn it is in the last layer that counts then. @param timeMs since epoch */
export function onCallAt({ time_zone, layers, overrides }: OnCallConfig, timeMs: number): string {
  const override = overrides.findLast(({ from, to }) => Date.parse(from) <= timeMs && timeMs < Date.parse(to))
  if (override) return override.person
  // The first layer counts always: it has no restrictions.
  const layer = layers.findLast((one) => countsAt(one, time_zone, timeMs)) ?? layers[0]
  return personOf(layer, turnAt(layer, time_zone, timeMs))
}

/** The shifts of a range, without gaps, from its start to its end; whoever follows themselves has one longer shift. */
export function shifts(schedule: OnCallConfig, range: TimeRange): Shift[] {
  const found: Shift[] = []
  const cuts = changes(schedule, range)
  for (const [i, startMs] of cuts.entries()) {
    const person = onCallAt(schedule, startMs)
    const endMs = cuts[i + 1] ?? range.endMs
    const before = found.at(-1)
    if (before?.person === person) before.endMs = endMs
    else found.push({ person, startMs, endMs })
  }
  return found
}

/** The times at which somebody else may take over, the start of the range among them. */
function changes({ time_zone, layers, overrides }: OnCallConfig, range: TimeRange): number[] {
  if (range.startMs >= range.endMs) return []
  const all = [
    range.startMs,
    ...layers.flatMap((layer) => handOvers(layer, time_zone, range)),
    ...layers.flatMap((layer) => times(layer, time_zone, range)).flatMap(({ startMs, endMs }) => [startMs, endMs]),
    ...overrides.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)]),
  ]
  const within = all.filter((timeMs) => timeMs >= range.startMs && timeMs < range.endMs)
  return [...new Set(within)].sort((a, b) => a - b)
}

function handOvers(layer: Layer, timeZone: string, { startMs, endMs }: TimeRange): number[] {
  const found: number[] = []
  for (let turn = turnAt(layer, timeZone, startMs) + 1; ; turn++) {
    const timeMs = handOver(layer, timeZone, turn)
    if (timeMs >= endMs) return found
    found.push(timeMs)
  }
}
