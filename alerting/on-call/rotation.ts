import { Temporal } from '@js-temporal/polyfill'
import type { OnCallConfig } from '../../schemas/config/on-call.js'
import { instantOf, wallOf } from './wall-clock.js'

/** A layer of a schedule. */
export type Layer = OnCallConfig['layers'][number]

const UNIT_HOURS = { h: 1, d: 24, w: 168 } as const

/** The number of the turn that runs at a time: 0 begins at the start of the layer, those before it are negative. */
export function turnAt(layer: Layer, timeZone: string, timeMs: number): number {
  const hours = startOf(layer).until(wallOf(timeMs, timeZone), { largestUnit: 'hours' }).total('hours')
  // By the clock it is this turn; where clocks are changed just then it may be a neighbour.
  let turn = Math.floor(hours / turnHours(layer))
  while (handOver(layer, timeZone, turn + 1) <= timeMs) turn++
  while (handOver(layer, timeZone, turn) > timeMs) turn--
  return turn
}

/** When a turn begins, ms since epoch: always at the same time of day by the local clock. */
export function handOver(layer: Layer, timeZone: string, turn: number): number {
  return instantOf(startOf(layer).add({ hours: turn * turnHours(layer) }), timeZone)
}

/** Whose turn it is. */
export function personOf({ people }: Layer, turn: number): string {
  return people[((turn % people.length) + people.length) % people.length]
}

function startOf({ start, hand_over }: Layer): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from(`${start}T${hand_over}`)
}

function turnHours({ rotation }: Layer): number {
  return Number(rotation.slice(0, -1)) * UNIT_HOURS[rotation.at(-1) as keyof typeof UNIT_HOURS]
}
