import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Service, startService } from '../../alerting/notify/testing/service.js'
import type { IncidentDetail, IncidentPage } from '../../schemas/ports/incidents.js'
import { eventually } from '../contract/eventually.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { TestServer } from '../e2e/server.js'

/*
 * One run for all tests, as a team sees it: a server as `tidemark up` starts it, points and a rule over HTTP, a webhook
 * that is called. Time is the machine's, so the tests wait for what is to come, however long it takes.
 */
const PATIENCE_MS = 50_000
const SEND_EVERY_MS = 500
const HOSTS = ['a', 'b']

/** What the webhook is told. */
interface Told {
  key: string
  action: string
  headline: string
  incident: { incidentId: string; status: string; groupLabels: Record<string, string>; alerts: { value: number }[] }
}

/** What a query for a vector answers. */
interface Vector {
  data: { result: { metric: Record<string, string>; value: [timeS: number, value: string] }[] }
}

let service: Service
let server: TestServer
/** Percent of the requests that fail, as every host says from now on. */
let errorRate = 1
let sending: Promise<void>
let isOver = false

beforeAll(async () => {
  service = await startService()
  server = await TestServer.start(await settings())
  sending = keepSending()
})
afterAll(async () => {
  isOver = true
  await sending
  await server?.stop()
  await service.close()
})

test('a rule that is applied over HTTP says what it is judged by, and calls nobody while all is well', async () => {
  await eventually(async () => {
    const { data } = await server.json<{ data: { result: unknown[] } }>('/api/v1/query?query=error_rate')
    expect(data.result).toHaveLength(HOSTS.length)
  }, PATIENCE_MS)
  const rule = { name: 'Many errors', when: 'error_rate > 5', severity: 'P1', notification_channels: ['webhook:team'] }
  expect(await post('/api/v1/alert-rules/apply', { rules: [rule] })).toMatchObject({
    data: [{ rule_id: 'many-errors', action: 'created', promql: 'error_rate > 5' }],
  })
  await eventually(async () => expect(await health()).toBe('ok'), PATIENCE_MS)
  expect(told()).toEqual([])
})

test('points that pass the threshold call the team once, whatever number of hosts they come from', async () => {
  errorRate = 9
  await eventually(() => expect(told()).toHaveLength(1), PATIENCE_MS)
  const [page] = told()
  expect(page).toMatchObject({ action: 'trigger', incident: { status: 'firing', groupLabels: { service: 'api' } } })
  expect(page.headline).toContain('[P1 firing]')
  expect(page.incident.alerts.map(({ value }) => value)).toEqual([9, 9])
  expect(await incidents()).toMatchObject([{ status: 'firing', hosts: { firing: HOSTS } }])
})

test('its alerts are series that any query can read', async () => {
  await eventually(async () => {
    const query = encodeURIComponent('ALERTS{alertname="Many errors"} and on (host) ALERTS_FOR_STATE > 0')
    const { data } = await server.json<Vector>(`/api/v1/query?query=${query}`)
    expect(data.result.map(({ metric, value: [, value] }) => [metric.host, metric.alertstate, value])).toEqual([
      ['a', 'firing', '1'],
      ['b', 'firing', '1'],
    ])
  }, PATIENCE_MS)
})

test('who acknowledges it is in its timeline', async () => {
  const [{ incidentId }] = await incidents()
  await post(`/api/v1/incidents/${incidentId}/acknowledge`)
  await eventually(async () => {
    const { data } = await server.json<{ data: IncidentDetail }>(`/api/v1/incidents/${incidentId}`)
    expect(data.status).toBe('acknowledged')
    const kinds = data.timeline.map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind !== 'sent')).toEqual(['opened', 'told', 'acknowledged'])
    expect(kinds).toContain('sent')
  }, PATIENCE_MS)
})

test('points that are good again resolve it, and the team is told that', async () => {
  errorRate = 1
  await eventually(() => expect(told().at(-1)?.action).toBe('resolve'), PATIENCE_MS)
  const [page, ...later] = told()
  expect(later.at(-1)).toMatchObject({ incident: { incidentId: page.incident.incidentId, status: 'resolved' } })
  expect(told().filter(({ action }) => action === 'trigger')).toHaveLength(1)
  expect(new Set(told().map(({ key }) => key)).size).toBe(told().length)
  expect(await incidents()).toMatchObject([{ status: 'resolved', resolvedMs: expect.any(Number) }])
})

test('and the series of its alerts end with them', async () => {
  await eventually(async () => {
    const { data } = await server.json<Vector>('/api/v1/query?query=ALERTS')
    expect(data.result).toEqual([])
  }, PATIENCE_MS)
})

async function settings() {
  const folder = await scratchFolder()
  const routes = join(folder, 'routes.yaml')
  const config = join(folder, 'tidemark.yaml')
  writeFileSync(
    routes,
    'route: { receiver: team, group_by: [alertname, service], group_wait: 0s, group_interval: 1s }\nreceivers: [{ name: team }]\n',
  )
  const channels = { 'webhook:team': { kind: 'webhook', url: service.url } }
  const text = {
    speed: { lateness: '1s', provisional_every: '500ms' },
    alerting: { own_rules: false, dispatch_file: routes, channels },
    incidents: { resolve_after: '1s' },
    outbound: { allow: ['127.0.0.1'] },
    collector: { enabled: false },
    self: { collect: false },
    temporal: { enabled: false },
  }
  writeFileSync(config, JSON.stringify(text))
  return { dataDir: join(folder, 'data'), settings: { TIDEMARK_CONFIG: config } }
}

async function keepSending(): Promise<void> {
  while (!isOver) {
    const lines = HOSTS.map((host) => `error_rate,service=api,host=${host} value=${errorRate} ${Date.now()}`)
    const response = await fetch(`${server.url}/write?precision=ms`, { method: 'POST', body: lines.join('\n') })
    expect(response.status).toBe(204)
    await new Promise((resolve) => setTimeout(resolve, SEND_EVERY_MS))
  }
}

function told(): Told[] {
  return service.received.map(({ text }) => JSON.parse(text) as Told)
}

async function incidents() {
  return (await server.json<{ data: IncidentPage }>('/api/v1/incidents')).data.incidents
}

async function health(): Promise<string | undefined> {
  const { data } = await server.json<{ data: { groups: { rules: { health: string }[] }[] } }>('/api/v1/rules')
  return data.groups[0]?.rules[0]?.health
}

async function post(path: string, body?: object): Promise<unknown> {
  const headers = body && { 'content-type': 'application/json' }
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return JSON.parse(text)
}
