import { randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../schemas/config/load.js'
import { installErrorHandler } from '../../../serving/http/errors.js'
import { readDispatchConfig } from '../config/read-config.js'
import { AlertInbox } from '../store/alert-inbox.js'
import { MaintenanceStore } from '../store/maintenance-store.js'
import { SilenceStore } from '../store/silence-store.js'
import { type DispatchCatalog, startDispatchCatalog } from '../testing/dispatch-catalog.js'
import { dispatchPlugin } from './plugin.js'

const T = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const CONFIG = readDispatchConfig(
  `
route:
  receiver: rest
  group_by: [service]
  routes:
    - { receiver: api, matchers: ['service="api"'], mute_time_intervals: [night] }
receivers: [{ name: rest }, { name: api, channels: ['slack:#api'] }]
inhibit_rules: [{ source_matchers: [severity="P1"], target_matchers: [severity="P3"], equal: [service] }]
time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }] }] }]`,
  'test',
)

let catalog: DispatchCatalog
let app: FastifyInstance
let nowMs: number

beforeAll(async () => {
  catalog = await startDispatchCatalog()
  const { db } = catalog
  const { limits } = loadConfig({ env: {}, overrides: { 'limits.receivedAlerts': 5, 'limits.alertBytes': 1000 } })
  app = fastify()
  installErrorHandler(app)
  await app.register(
    dispatchPlugin({
      inbox: new AlertInbox(db),
      silences: new SilenceStore(db),
      maintenance: new MaintenanceStore(db),
      config: () => CONFIG,
      limits,
      clock: () => nowMs,
      newId: randomUUID,
      version: '1.2.3',
      startedMs: T,
    }),
  )
})
beforeEach(async () => {
  nowMs = T
  await catalog.clear()
})
afterAll(async () => {
  await app.close()
  await catalog.stop()
})

async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: unknown) {
  const answer = await app.inject({ method, url, payload: payload as object | undefined })
  return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
}

const post = (...alerts: unknown[]) => ask('POST', '/api/v2/alerts', alerts)
const names = async (query = '') =>
  ((await ask('GET', `/api/v2/alerts${query}`)).body as { labels: { alertname: string } }[])
    .map(({ labels }) => labels.alertname)
    .sort()
const alert = (alertname: string, labels = {}) => ({ labels: { alertname, service: 'api', ...labels } })
const silence = (fields = {}) => ({
  matchers: [{ name: 'alertname', value: 'a', isRegex: false }],
  startsAt: new Date(T).toISOString(),
  endsAt: new Date(T + HOUR).toISOString(),
  createdBy: 'ann',
  comment: 'known',
  ...fields,
})

describe('alerts that are posted', () => {
  test('are shown at once as Alertmanager shows them', async () => {
    const posted = {
      ...alert('a'),
      annotations: { summary: 'it is down' },
      startsAt: '2025-12-31T23:59:00.123456789Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus/graph',
    }
    expect(await post(posted)).toEqual({ status: 200, body: undefined })
    expect((await ask('GET', '/api/v2/alerts')).body).toEqual([
      {
        labels: posted.labels,
        annotations: posted.annotations,
        startsAt: '2025-12-31T23:59:00.123Z',
        endsAt: '2026-01-01T00:05:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        generatorURL: posted.generatorURL,
        receivers: [{ name: 'api' }],
        status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
      },
    ])
  })

  test('that are resolved are shown no longer', async () => {
    await post(alert('a'), alert('b'))
    nowMs += 1000
    await post({ ...alert('a'), endsAt: new Date(nowMs).toISOString() })
    expect(await names()).toEqual(['b'])
    nowMs += HOUR
    expect(await names()).toEqual([])
  })

  test('bad ones are named with what is wrong, the others are taken', async () => {
    const { status, body } = await post(
      alert('a'),
      { labels: {} },
      { labels: { a: 1 } },
      7,
      { ...alert('b'), startsAt: 'yesterday' },
      { ...alert('c'), startsAt: '2026-01-01T00:00:00Z', endsAt: '2025-01-01T00:00:00Z' },
      { ...alert('d'), annotations: { text: 'x'.repeat(1000) } },
      { labels: { alertname: 'null\u0000' } },
      alert('z'),
    )
    expect(status).toBe(400)
    const reasons = [
      '7 of 9 alerts',
      'alert 2:',
      'alert 3:',
      'alert 4:',
      'alert 5: startsAt',
      'alert 6: it ends before',
    ]
    for (const reason of [...reasons, 'alert 7: it has', 'alert 8:']) expect(body).toContain(reason)
    expect(await names()).toEqual(['a', 'z'])
  })

  test('are refused as a whole where too many are held already, and may come again', async () => {
    const { status, body } = await post(...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => alert(name)))
    expect([status, String(body)]).toEqual([503, expect.stringContaining('TM_ALERTS_FULL')])
    expect(await names()).toEqual([])
  })

  test.each([{}, 'text', null])('%o is no list of alerts', async (body) => {
    expect((await ask('POST', '/api/v2/alerts', body ?? undefined)).status).toBeGreaterThanOrEqual(400)
  })
})

describe('alerts are chosen', () => {
  beforeEach(async () => {
    await post(alert('a', { severity: 'P1' }), alert('b', { severity: 'P3' }), alert('c', { service: 'db' }))
    await ask('POST', '/api/v2/silences', silence({ matchers: [{ name: 'service', value: 'd.', isRegex: true }] }))
  })

  test.each([
    ['', ['a', 'b', 'c']],
    ['?active=false', ['b', 'c']],
    ['?silenced=false', ['a', 'b']],
    ['?inhibited=false', ['a', 'c']],
    ['?silenced=false&inhibited=false', ['a']],
    ['?filter=severity%3D~%22P.%22', ['a', 'b']],
    ['?filter=severity%3D~%22P.%22&filter=alertname!%3Da', ['b']],
    ['?receiver=re.*', ['c']],
    ['?receiver=re', []],
  ])('by %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected)
  })

  test('with what mutes them', async () => {
    const { body } = await ask('GET', '/api/v2/alerts?filter=alertname=b')
    const [source] = (await ask('GET', '/api/v2/alerts?filter=alertname=a')).body
    expect(body[0].status).toEqual({
      state: 'suppressed',
      silencedBy: [],
      inhibitedBy: [source.fingerprint],
      mutedBy: [],
    })
  })

  test('a filter that is none is refused as Alertmanager does, with a JSON text', async () => {
    const { status, body } = await ask('GET', '/api/v2/alerts?filter=%7B%7D')
    expect([status, typeof body]).toEqual([400, 'string'])
  })

  test('in groups, each with its receiver, and whether its time is now', async () => {
    const groups = async (query = '') =>
      ((await ask('GET', `/api/v2/alerts/groups${query}`)).body as { labels: object; receiver: object }[]).map(
        ({ labels, receiver }) => ({ labels, receiver }),
      )
    const api = { labels: { service: 'api' }, receiver: { name: 'api' } }
    const rest = { labels: { service: 'db' }, receiver: { name: 'rest' } }
    expect(await groups()).toEqual([api, rest])
    expect(await groups('?silenced=false')).toEqual([api])
    nowMs = T + 22 * HOUR
    await post(alert('a'))
    expect(await groups('?muted=false')).toEqual([])
    const [night] = (await ask('GET', '/api/v2/alerts/groups')).body
    expect(night.alerts[0].status).toMatchObject({ state: 'suppressed', mutedBy: ['night'] })
  })
})

describe('silences', () => {
  test('are made, shown, changed and ended', async () => {
    const { body } = await ask('POST', '/api/v2/silences', silence())
    const id = body.silenceID as string
    expect((await ask('GET', `/api/v2/silence/${id}`)).body).toMatchObject({
      id,
      status: { state: 'active' },
      createdBy: 'ann',
      comment: 'known',
      matchers: [{ name: 'alertname', value: 'a', isRegex: false, isEqual: true }],
    })
    nowMs += 60_000
    const longer = silence({ id, endsAt: new Date(T + 2 * HOUR).toISOString() })
    expect((await ask('POST', '/api/v2/silences', longer)).body.silenceID).toBe(id)
    expect((await ask('DELETE', `/api/v2/silence/${id}`)).status).toBe(200)
    expect((await ask('GET', `/api/v2/silence/${id}`)).body.status.state).toBe('expired')
  })

  test('that muted already keep their past: other matchers make a new one', async () => {
    const { body } = await ask('POST', '/api/v2/silences', silence())
    nowMs += 1000
    const other = silence({ id: body.silenceID, matchers: [{ name: 'alertname', value: 'b', isRegex: false }] })
    const changed = await ask('POST', '/api/v2/silences', other)
    expect(changed.body.silenceID).not.toBe(body.silenceID)
    const shown = (await ask('GET', '/api/v2/silences')).body as { id: string; status: { state: string } }[]
    expect(shown.map(({ id, status }) => [id, status.state])).toEqual([
      [changed.body.silenceID, 'active'],
      [body.silenceID, 'expired'],
    ])
  })

  test('are listed by state and by their matchers', async () => {
    await ask('POST', '/api/v2/silences', silence())
    const later = { startsAt: new Date(T + HOUR).toISOString(), endsAt: new Date(T + 2 * HOUR).toISOString() }
    await ask('POST', '/api/v2/silences', silence({ ...later, matchers: [{ name: 'b', value: 'x.', isRegex: true }] }))
    const count = async (query: string) => (await ask('GET', `/api/v2/silences?${query}`)).body.length
    expect(await count('active=false')).toBe(1)
    expect(await count('pending=false')).toBe(1)
    expect(await count('filter=b%3D~%22x.%22')).toBe(1)
    expect(await count('filter=b%3D%22x.%22')).toBe(0)
  })

  test.each([
    ['an end in the past', { startsAt: '2024-01-01T00:00:00Z', endsAt: '2025-01-01T00:00:00Z' }],
    ['an end before its start', { endsAt: '2025-01-01T00:00:00Z' }],
    ['no matcher', { matchers: [] }],
    ['matchers that take everything', { matchers: [{ name: 'a', value: '.*', isRegex: true }] }],
    ['a regular expression that is none', { matchers: [{ name: 'a', value: '(', isRegex: true }] }],
    ['one that must not match', { matchers: [{ name: 'a', value: '(', isRegex: true, isEqual: false }] }],
    ['no end', { endsAt: undefined }],
  ])('with %s are refused', async (_, fields) => {
    const { status } = await ask('POST', '/api/v2/silences', silence(fields))
    expect(status).toBe(400)
    expect((await ask('GET', '/api/v2/silences')).body).toEqual([])
  })

  test('that there are not cannot be changed, ended or shown', async () => {
    const id = randomUUID()
    expect((await ask('POST', '/api/v2/silences', silence({ id }))).status).toBe(404)
    expect((await ask('DELETE', `/api/v2/silence/${id}`)).status).toBe(404)
    expect((await ask('GET', `/api/v2/silence/${id}`)).status).toBe(404)
  })
})

test('maintenance windows are set, shown with whether they are on, and removed', async () => {
  const body = {
    name: 'deploys',
    matchers: [{ name: 'service', value: 'api', isRegex: false }],
    time_intervals: [{ weekdays: ['thursday'], location: 'Europe/Berlin' }],
    created_by: 'ann',
    comment: 'weekly',
  }
  expect((await ask('POST', '/api/v1/maintenance', body)).status).toBe(200)
  expect((await ask('GET', '/api/v1/maintenance')).body.data).toMatchObject([{ name: 'deploys', active: true }])
  await post(alert('a'))
  expect((await ask('GET', '/api/v2/alerts')).body[0].status.silencedBy).toEqual(['deploys'])
  const wrong = { ...body, time_intervals: [{ weekdays: ['funday'] }] }
  expect((await ask('POST', '/api/v1/maintenance', wrong)).body).toMatchObject({ code: 'TM_MAINTENANCE' })
  expect((await ask('DELETE', '/api/v1/maintenance/deploys')).status).toBe(200)
  expect((await ask('DELETE', '/api/v1/maintenance/deploys')).status).toBe(404)
})

test('status and receivers are those of the configuration', async () => {
  const { body } = await ask('GET', '/api/v2/status')
  expect(body).toMatchObject({
    cluster: { status: 'disabled' },
    versionInfo: { version: '1.2.3' },
    uptime: '2026-01-01T00:00:00.000Z',
  })
  expect(body.config.original).toContain('mute_time_intervals: [night]')
  expect((await ask('GET', '/api/v2/receivers')).body).toEqual([{ name: 'rest' }, { name: 'api' }])
})
