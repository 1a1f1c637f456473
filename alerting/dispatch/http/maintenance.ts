import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { TimeIntervalSchema } from '../config/read-interval.js'
import { maintenanceWindow } from '../store/maintenance-store.js'
import { containsTime } from '../time-interval.js'
import { utc } from './alert-json.js'
import type { DispatchApiOptions } from './options.js'
import { MatcherJson, matcherJson, readMatcherJson } from './silence-json.js'

const MaintenanceBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    matchers: Type.Array(MatcherJson, { minItems: 1 }),
    time_intervals: Type.Array(TimeIntervalSchema, { minItems: 1 }),
    created_by: Type.String({ minLength: 1 }),
    comment: Type.String(),
  },
  { additionalProperties: false },
)
const MaintenanceParameters = Type.Object({ name: Type.String({ minLength: 1 }) })

/** `/api/v1/maintenance`: recurring times in which matched alerts are not told. */
export function registerMaintenanceRoutes(app: FastifyInstance, { maintenance, clock }: DispatchApiOptions): void {
  app.get('/api/v1/maintenance', async (_request, reply) => {
    const nowMs = clock()
    const windows = (await maintenance.all()).map((text) => ({
      name: text.name,
      matchers: text.matchers.map(matcherJson),
      time_intervals: text.intervals,
      created_by: text.createdBy,
      comment: text.comment,
      updated_at: utc(text.updatedMs),
      active: maintenanceWindow(text).intervals.some((interval) => containsTime(interval, nowMs)),
    }))
    return sendSuccess(reply, windows)
  })
  app.post<{ Body: Static<typeof MaintenanceBody> }>(
    '/api/v1/maintenance',
    { schema: { body: MaintenanceBody } },
    async ({ body }, reply) => {
      const { name, matchers, time_intervals: intervals, created_by: createdBy, comment } = body
      await maintenance.set({ name, matchers: matchers.map(readMatcherJson), intervals, createdBy, comment }, clock())
      return sendSuccess(reply, { name })
    },
  )
  app.delete<{ Params: Static<typeof MaintenanceParameters> }>(
    '/api/v1/maintenance/:name',
    { schema: { params: MaintenanceParameters } },
    async ({ params }, reply) => {
      await maintenance.remove(params.name)
      return sendSuccess(reply, { name: params.name })
    },
  )
}

function sendSuccess(reply: FastifyReply, data: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify({ status: 'success', data }))
}
