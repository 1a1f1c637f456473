import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import type { IncidentDetail, IncidentFilter, Incidents } from '../../schemas/ports/incidents.js'
import { installErrorHandler } from './errors.js'
import { incidentsPlugin } from './incidents.js'

const NOW_MS = Date.parse('2026-03-01T12:00:00Z')
const INCIDENT = { incidentId: 'i1', title: 'api: errors', status: 'firing', timeline: [] } as unknown as IncidentDetail

let app: FastifyInstance
let asked: unknown[]

beforeEach(async () => {
  asked = []
  const incidents: Incidents = {
    async list(filter: IncidentFilter) {
      asked.push(filter)
      return { incidents: [INCIDENT], next: 'there' }
    },
    async get(id) {
      if (id === 'i1') return INCIDENT
      throw new TidemarkError('TM_NOT_FOUND', { what: id, fix: '' })
    },
    async act(...all) {
      asked.push(all)
      return INCIDENT
    },
  }
  app = fastify()
  installErrorHandler(app)
  await app.register(incidentsPlugin({ incidents, callerOf: () => 'ada', clock: () => NOW_MS }))
})
afterEach(() => app.close())

const post = (url: string, payload?: object) => app.inject({ method: 'POST', url, payload })

test('incidents are listed by what they are asked for, page by page', async () => {
  const url = '/api/v1/incidents?status=firing&status=acknowledged&severity=P1&rule_id=r&since=1h&after=here&limit=5'
  const answer = await app.inject({ url })
  expect(answer.json()).toEqual({ status: 'success', data: { incidents: [INCIDENT], next: 'there' } })
  expect(asked).toEqual([
    {
      status: ['firing', 'acknowledged'],
      severity: ['P1'],
      ruleId: 'r',
      sinceMs: NOW_MS - 3_600_000,
      after: 'here',
      limit: 5,
    },
  ])
  expect((await app.inject({ url: '/api/v1/incidents?status=broken' })).statusCode).toBe(400)
})

test('one is shown with its timeline, and one that is not there is not found', async () => {
  expect((await app.inject({ url: '/api/v1/incidents/i1' })).json().data).toEqual(INCIDENT)
  expect((await app.inject({ url: '/api/v1/incidents/i2' })).statusCode).toBe(404)
})

test('an operator acts under their own name', async () => {
  for (const [action, body] of [
    ['acknowledge', undefined],
    ['resolve', {}],
    ['reassign', { to: 'vp' }],
    ['comment', { text: 'the disk' }],
    ['snooze', { for: '1h' }],
    ['snooze', { until: '2026-03-01T14:00:00Z' }],
  ] as const)
    expect((await post(`/api/v1/incidents/i1/${action}`, body)).statusCode).toBe(200)
  expect(asked).toEqual([
    ['i1', { kind: 'acknowledge' }, 'ada'],
    ['i1', { kind: 'resolve' }, 'ada'],
    ['i1', { kind: 'reassign', to: 'vp' }, 'ada'],
    ['i1', { kind: 'comment', text: 'the disk' }, 'ada'],
    ['i1', { kind: 'snooze', untilMs: NOW_MS + 3_600_000 }, 'ada'],
    ['i1', { kind: 'snooze', untilMs: NOW_MS + 7_200_000 }, 'ada'],
  ])
})

test.each([
  ['reassign', {}, 'TM_REQUEST'],
  ['comment', {}, 'TM_REQUEST'],
  ['snooze', {}, 'TM_REQUEST'],
  ['snooze', { for: 'a while' }, 'TM_QUERY_PARAMETER'],
  ['snooze', { until: '2026-03-01T11:00:00Z' }, 'TM_QUERY_PARAMETER'],
  ['explode', {}, 'TM_REQUEST'],
])('%s with %o is refused: %s', async (action, body, code) => {
  const answer = await post(`/api/v1/incidents/i1/${action}`, body)
  expect(answer.statusCode).toBe(400)
  expect(answer.json().code).toBe(code)
  expect(asked).toEqual([])
})
