import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { TidemarkError } from '../../../schemas/errors.js'
import type { Matcher } from '../../../schemas/series/matcher.js'
import { type Silence, type SilenceState, silenceState } from '../silence.js'
import { readFilter } from './filter.js'
import type { DispatchApiOptions } from './options.js'
import { compareSilences, readSilence, SilenceJson, silenceJson } from './silence-json.js'

const shown = (description: string) => Type.Optional(Type.Boolean({ default: true, description }))
const SilencesQuery = Type.Object({
  active: shown('false leaves out those that mute now'),
  pending: shown('false leaves out those that are to come'),
  expired: shown('false leaves out those that are over'),
  filter: Type.Optional(Type.Array(Type.String(), { description: 'a matcher that the silence must have' })),
})
const SilenceParameters = Type.Object({ silenceID: Type.String({ minLength: 1 }) })

/** `/api/v2/silences`: shows silences, makes, changes and ends them. */
export function registerSilenceRoutes(app: FastifyInstance, { silences, clock, newId }: DispatchApiOptions): void {
  app.get<{ Querystring: Static<typeof SilencesQuery> }>(
    '/api/v2/silences',
    { schema: { querystring: SilencesQuery } },
    async ({ query }, reply) => {
      const nowMs = clock()
      const states: Readonly<Record<SilenceState, boolean | undefined>> = query as typeof states
      const filter = readFilter(query.filter)
      const found = (await silences.all())
        .filter((one) => states[silenceState(one, nowMs)] && filter.every((matcher) => hasMatcher(one, matcher)))
        .sort(compareSilences(nowMs))
      return sendJson(
        reply,
        found.map((one) => silenceJson(one, nowMs)),
      )
    },
  )
  app.post<{ Body: Static<typeof SilenceJson> }>(
    '/api/v2/silences',
    { schema: { body: SilenceJson } },
    async ({ body }, reply) => {
      const nowMs = clock()
      const { id } = await silences.set(read(body, nowMs), nowMs, newId())
      return sendJson(reply, { silenceID: id })
    },
  )
  app.get<{ Params: Static<typeof SilenceParameters> }>(
    '/api/v2/silence/:silenceID',
    { schema: { params: SilenceParameters } },
    async ({ params }, reply) => {
      const silence = await silences.get(params.silenceID)
      if (silence) return sendJson(reply, silenceJson(silence, clock()))
      const fix = '/api/v2/silences lists the silences that there are'
      throw new TidemarkError('TM_NOT_FOUND', { what: `the silence ${params.silenceID}`, fix })
    },
  )
  app.delete<{ Params: Static<typeof SilenceParameters> }>(
    '/api/v2/silence/:silenceID',
    { schema: { params: SilenceParameters } },
    async ({ params }, reply) => {
      await silences.expire(params.silenceID, clock())
      return reply.code(200).send()
    },
  )
}

function read(body: Static<typeof SilenceJson>, nowMs: number) {
  try {
    return readSilence(body, nowMs)
  } catch (cause) {
    throw new TidemarkError('TM_SILENCE', { reason: (cause as Error).message }, cause)
  }
}

function hasMatcher({ matchers }: Silence, { name, op, value }: Matcher): boolean {
  return matchers.some((one) => one.name === name && one.op === op && one.value === value)
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(value))
}
