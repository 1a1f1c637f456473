import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { TidemarkError } from '../../schemas/errors.js'
import type { Workflows } from '../../schemas/ports/workflows.js'
import type { Clock, TimeRange } from '../../schemas/time.js'
import { sendJson } from './answer.js'
import { parseTimeOrAge } from './parameters.js'

const Moment = Type.String({ minLength: 1, description: 'RFC 3339, Unix seconds, or a duration before now such as 2h' })
const RecomputeBody = Type.Object({ from: Moment, to: Moment }, { additionalProperties: false })
const WorkflowParameters = Type.Object({ id: Type.String({ minLength: 1 }) })
const SignalParameters = Type.Object({
  id: Type.String({ minLength: 1 }),
  signal: Type.Union([Type.Literal('pause'), Type.Literal('resume'), Type.Literal('cancel')]),
})

/** `/api/v1/admin/recompute`: starts a recompute of a range, follows it, pauses, resumes and cancels it. */
export function registerRecomputeRoutes(app: FastifyInstance, workflows: Workflows, clock: Clock): void {
  app.post<{ Body: Static<typeof RecomputeBody> }>(
    '/api/v1/admin/recompute',
    { schema: { body: RecomputeBody } },
    async (request, reply) => {
      const started = await workflows.recompute(readRange(request.body, clock()))
      return sendJson(reply.code(202), JSON.stringify({ status: 'success', data: started }))
    },
  )
  app.get<{ Params: Static<typeof WorkflowParameters> }>(
    '/api/v1/admin/recompute/:id',
    { schema: { params: WorkflowParameters } },
    async (request, reply) => {
      const progress = await workflows.progress(request.params.id)
      return sendJson(reply, JSON.stringify({ status: 'success', data: progress }))
    },
  )
  app.post<{ Params: Static<typeof SignalParameters> }>(
    '/api/v1/admin/recompute/:id/:signal',
    { schema: { params: SignalParameters } },
    async (request, reply) => {
      await workflows.signal(request.params.id, request.params.signal)
      return sendJson(reply.code(202), JSON.stringify({ status: 'success', data: {} }))
    },
  )
}

function readRange({ from, to }: Static<typeof RecomputeBody>, nowMs: number): TimeRange {
  const startMs = readMoment('from', from, { from, to }, nowMs)
  const endMs = readMoment('to', to, { from, to }, nowMs)
  if (startMs >= endMs) throw new TidemarkError('TM_RANGE', { from, to, reason: 'from is not before to' })
  return { startMs, endMs }
}

function readMoment(name: string, text: string, range: { from: string; to: string }, nowMs: number): number {
  try {
    return parseTimeOrAge(name, text, nowMs)
  } catch (cause) {
    throw new TidemarkError('TM_RANGE', { ...range, reason: `${name} is neither a time nor a duration` }, cause)
  }
}
