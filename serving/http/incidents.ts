import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { parseDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { IncidentAction, IncidentFilter, Incidents } from '../../schemas/ports/incidents.js'
import { SEVERITIES } from '../../schemas/severity.js'
import type { Clock } from '../../schemas/time.js'
import { sendJson } from './answer.js'
import { parseTime, parseTimeOrAge } from './parameters.js'

const oneOrMore = <T extends string>(values: readonly T[]) => {
  const one = Type.Union(values.map((value) => Type.Literal(value)))
  return Type.Optional(Type.Union([one, Type.Array(one)]))
}

const ListParameters = Type.Object({
  status: oneOrMore(['firing', 'acknowledged', 'resolved']),
  severity: oneOrMore(SEVERITIES),
  rule_id: Type.Optional(Type.String({ minLength: 1 })),
  since: Type.Optional(Type.String({ minLength: 1, description: 'RFC 3339, Unix seconds, or a duration such as 7d' })),
  after: Type.Optional(Type.String({ description: '`next` of the page before' })),
  limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
})
const IncidentParameters = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })
const ActionParameters = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  action: Type.Union(
    (['acknowledge', 'resolve', 'reassign', 'snooze', 'comment'] as const).map((kind) => Type.Literal(kind)),
  ),
})
const ActionBody = Type.Union([
  Type.Object(
    {
      to: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'reassign: a duty or a person' })),
      for: Type.Optional(Type.String({ minLength: 1, description: 'snooze: a duration such as 1h' })),
      until: Type.Optional(Type.String({ minLength: 1, description: 'snooze: RFC 3339 or Unix seconds' })),
      text: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, description: 'comment' })),
    },
    { additionalProperties: false },
  ),
  Type.Null(),
])

/** What the routes work with. */
export interface IncidentRoutes {
  incidents: Incidents
  /** Name of who asks. */
  callerOf(request: FastifyRequest): string
  clock: Clock
}

/** `/api/v1/incidents`: lists incidents, shows one with its timeline, and takes what operators do to it. */
export function incidentsPlugin({ incidents, callerOf, clock }: IncidentRoutes): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: Static<typeof ListParameters> }>(
      '/api/v1/incidents',
      { schema: { querystring: ListParameters } },
      async ({ query }, reply) => {
        const page = await incidents.list(filterOf(query, clock()))
        return sendJson(reply, JSON.stringify({ status: 'success', data: page }))
      },
    )
    app.get<{ Params: Static<typeof IncidentParameters> }>(
      '/api/v1/incidents/:id',
      { schema: { params: IncidentParameters } },
      async ({ params }, reply) => {
        const incident = await incidents.get(params.id)
        return sendJson(reply, JSON.stringify({ status: 'success', data: incident }))
      },
    )
    app.post<{ Params: Static<typeof ActionParameters>; Body: Static<typeof ActionBody> | undefined }>(
      '/api/v1/incidents/:id/:action',
      { schema: { params: ActionParameters, body: ActionBody } },
      async (request, reply) => {
        const { id, action } = request.params
        const wanted = actionOf(action, request.body ?? {}, clock())
        const incident = await incidents.act(id, wanted, callerOf(request))
        return sendJson(reply, JSON.stringify({ status: 'success', data: incident }))
      },
    )
  }
}

function filterOf({ status, severity, rule_id, since, after, limit }: Static<typeof ListParameters>, nowMs: number) {
  const filter: IncidentFilter = { limit, after, ruleId: rule_id }
  if (status !== undefined) filter.status = [status].flat() as IncidentFilter['status']
  if (severity !== undefined) filter.severity = [severity].flat() as IncidentFilter['severity']
  if (since !== undefined) filter.sinceMs = parseTimeOrAge('since', since, nowMs)
  return filter
}

function actionOf(
  kind: IncidentAction['kind'],
  body: NonNullable<Static<typeof ActionBody>>,
  nowMs: number,
): IncidentAction {
  switch (kind) {
    case 'reassign':
      if (body.to === undefined) throw missing(kind, '"to"', '{"to": "on-call"}')
      return { kind, to: body.to }
    case 'comment':
      if (body.text === undefined) throw missing(kind, '"text"', '{"text": "it was the disk"}')
      return { kind, text: body.text }
    case 'snooze':
      return { kind, untilMs: snoozedUntil(body, nowMs) }
    default:
      return { kind }
  }
}

function snoozedUntil(body: NonNullable<Static<typeof ActionBody>>, nowMs: number): number {
  if (body.for === undefined && body.until === undefined) throw missing('snooze', '"for" or "until"', '{"for": "1h"}')
  const untilMs = body.until === undefined ? nowMs + readDuration(body.for ?? '') : parseTime('until', body.until)
  if (untilMs > nowMs) return untilMs
  const reason = `${new Date(untilMs).toISOString()} is over`
  throw new TidemarkError('TM_QUERY_PARAMETER', {
    name: 'until',
    value: String(body.until ?? body.for),
    reason,
    fix: 'give a time to come',
  })
}

function readDuration(text: string): number {
  try {
    return parseDuration(text)
  } catch (cause) {
    const details = { name: 'for', value: JSON.stringify(text.slice(0, 100)), reason: 'it is not a duration' }
    throw new TidemarkError('TM_QUERY_PARAMETER', { ...details, fix: 'give a duration such as 30m or 4h' }, cause)
  }
}

function missing(action: string, field: string, example: string): TidemarkError {
  return new TidemarkError('TM_REQUEST', { reason: `"${action}" needs ${field}`, fix: `send ${example} as JSON` })
}
