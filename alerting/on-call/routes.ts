import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import { onCallAt, type Shift, shifts } from './on-call.js'

const HOUR_MS = 3_600_000
/** A range has at most so many hours: about a quarter of a year. */
const MOST_HOURS = 2400

const Parameters = Type.Object({ schedule: Type.String({ minLength: 1, maxLength: 200 }) })
const Questions = Type.Object({
  at: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 8_000_000_000_000, description: 'ms since epoch; default now' }),
  ),
  hours: Type.Integer({ default: 168, minimum: 1, maximum: MOST_HOURS, description: 'of shifts, from then on' }),
})

/** Who is on call by a schedule. */
export interface ToldSchedule {
  schedule: string
  timeZone: string
  atMs: number
  person: string
  /** From `atMs` on. */
  shifts: readonly Shift[]
}

/** `/api/v1/oncall`: who is on call at a time, and the shifts that follow. */
export function onCallPlugin(schedules: Config['alerting']['on_call'], clock: Clock): FastifyPluginAsync {
  const told = (name: string, { at = clock(), hours }: Static<typeof Questions>): ToldSchedule => {
    const schedule = schedules[name]
    const range = { startMs: at, endMs: at + hours * HOUR_MS }
    const person = onCallAt(schedule, at)
    return { schedule: name, timeZone: schedule.time_zone, atMs: at, person, shifts: shifts(schedule, range) }
  }
  return async (app) => {
    app.get<{ Querystring: Static<typeof Questions> }>(
      '/api/v1/oncall',
      { schema: { querystring: Questions } },
      async ({ query }) => ({ status: 'success', data: Object.keys(schedules).map((name) => told(name, query)) }),
    )
    app.get<{ Params: Static<typeof Parameters>; Querystring: Static<typeof Questions> }>(
      '/api/v1/oncall/:schedule',
      { schema: { params: Parameters, querystring: Questions } },
      async ({ params, query }) => {
        const { schedule } = params
        if (Object.hasOwn(schedules, schedule)) return { status: 'success', data: told(schedule, query) }
        const known = Object.keys(schedules).join(', ') || '(none)'
        throw new TidemarkError('TM_SCHEDULE_UNKNOWN', { schedule, known })
      },
    )
  }
}
