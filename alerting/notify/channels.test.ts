import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChannelConfig } from '../../schemas/config/channels.js'
import { targetRules } from '../../schemas/net/check-target.js'
import { guardedFetch } from '../../schemas/net/guarded-fetch.js'
import type { Delivery, Message } from './channel.js'
import { createChannel } from './create-channel.js'
import { retryAfter } from './http.js'
import { message } from './testing/messages.js'
import { type Behaviour, fetchHere, type Service, startService } from './testing/service.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 0)
const PACE = { per_minute: 60, burst: 10 }

let service: Service

beforeEach(async () => {
  service = await startService()
})
afterEach(() => service.close())

function channelOf(config: ChannelConfig, name = 'x') {
  return createChannel(name, config, 'https://t.example.com', { fetch: fetchHere, clock: () => NOW_MS })
}

function send(config: ChannelConfig, sent: Message = message(), timeoutMs = 5000): Promise<Delivery> {
  return channelOf(config, 'slack:#alerts').send(sent, AbortSignal.timeout(timeoutMs))
}

const webhook = (change: object = {}): ChannelConfig => ({
  kind: 'webhook',
  url: `${service.url}/hook-s3cret`,
  format: 'tidemark',
  ...PACE,
  ...change,
})
const pagerDuty = (): ChannelConfig => ({
  kind: 'pagerduty',
  routing_key: 'R-s3cret',
  url: `${service.url}/v2/enqueue`,
  ...PACE,
})
const slackBot = (): ChannelConfig => ({ kind: 'slack', bot_token: 'xoxb-s3cret', url: `${service.url}/api`, ...PACE })

describe('what a service answers', () => {
  test.each<[string, Behaviour, Partial<Delivery>]>([
    ['202', { status: 202, body: { status: 'success' } }, { outcome: 'delivered' }],
    ['400', { status: 400, body: 'invalid event' }, { outcome: 'refused', reason: 'HTTP 400: invalid event' }],
    ['401', { status: 401 }, { outcome: 'refused' }],
    ['404', { status: 404 }, { outcome: 'refused' }],
    ['408', { status: 408 }, { outcome: 'later' }],
    ['410', { status: 410 }, { outcome: 'refused' }],
    ['a redirect', { status: 302, headers: { location: 'http://10.0.0.1/' } }, { outcome: 'refused' }],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, { outcome: 'later', retryAfterMs: 7000 }],
    [
      '503 with a date',
      { status: 503, headers: { 'retry-after': 'Thu, 15 Jan 2026 12:01:00 GMT' } },
      { outcome: 'later', retryAfterMs: 60_000 },
    ],
    ['500', { status: 500 }, { outcome: 'later' }],
    ['no reply, though it took the message', 'lose reply', { outcome: 'later' }],
  ])('%s', async (_, behaviour, delivery) => {
    service.usual = behaviour
    expect(await send(pagerDuty())).toMatchObject(delivery)
    expect(service.received).toHaveLength(1)
  })

  test('in time: one that says nothing is asked again later', async () => {
    service.usual = 'stall'
    expect(await send(pagerDuty(), message(), 200)).toMatchObject({
      outcome: 'later',
      reason: expect.stringContaining('no answer in time'),
    })
  })

  test('by its status: a body that breaks off takes nothing back', async () => {
    service.usual = 'stall in body'
    expect(await send(pagerDuty(), message(), 200)).toMatchObject({ outcome: 'delivered' })
  })

  test('from a port where nobody listens is asked again later', async () => {
    const config = pagerDuty()
    await service.close()
    expect(await send(config)).toMatchObject({ outcome: 'later', reason: expect.stringContaining('ECONNREFUSED') })
  })

  test.each([
    ['12', 12_000],
    [' 1.5 ', 1500],
    ['Thu, 15 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 15 Jan 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-3', undefined],
    ['', undefined],
    [null, undefined],
  ])('Retry-After %j is %j ms', (header, ms) => {
    expect(retryAfter(header, NOW_MS)).toBe(ms)
  })
})

test('no outcome shows a secret', async () => {
  const echoed = { status: 400, body: 'no routing_key R-s3cret, token xoxb-s3cret, key g-s3cret, path /hook-s3cret' }
  service.usual = echoed
  const all = [
    pagerDuty(),
    slackBot(),
    webhook({ secret: 'w-s3cret', bearer_token: 'b-s3cret' }),
    { kind: 'teams', webhook_url: `${service.url}/hook-s3cret`, ...PACE } as const,
    { kind: 'opsgenie', api_key: 'g-s3cret', url: service.url, ...PACE } as const,
  ]
  for (const config of all) {
    const told = JSON.stringify(await send(config))
    const secrets = Object.values(config).flatMap((value) => (String(value).includes('s3cret') ? [String(value)] : []))
    for (const secret of secrets) {
      expect(told).not.toContain(secret)
      expect(told).not.toContain(secret.replace(service.url, ''))
    }
  }
})

test('a webhook reaches no private address unless that is allowed', async () => {
  const fetch = guardedFetch(targetRules('webhook', []))
  const channel = createChannel('x', webhook(), '', { fetch, clock: () => NOW_MS })
  expect(await channel.send(message(), AbortSignal.timeout(5000))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('outbound.allow'),
  })
  expect(service.received).toEqual([])
})

describe('a webhook', () => {
  test('is signed over time and body, and keeps its key when it is sent again', async () => {
    service.next = ['lose reply']
    await send(webhook({ secret: 'hush' }))
    await send(webhook({ secret: 'hush' }))
    const [first, second] = service.received
    expect(first.headers['idempotency-key']).toBe('inc-1:trigger:0:pagerduty:team-a')
    expect(second.headers['idempotency-key']).toBe(first.headers['idempotency-key'])
    expect(second.text).toBe(first.text)
    const signed = `v1:${NOW_MS / 1000}:${first.text}`
    const signature = createHmac('sha256', 'hush').update(signed).digest('hex')
    expect(first.headers).toMatchObject({
      'x-tidemark-timestamp': String(NOW_MS / 1000),
      'x-tidemark-signature': `v1=${signature}`,
    })
  })

  test('tells the incident in our own JSON', async () => {
    await send(webhook({ bearer_token: 'token' }))
    const [{ headers, text }] = service.received
    expect(headers.authorization).toBe('Bearer token')
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      action: 'trigger',
      headline: '[P1 firing] api: error_rate > 5% on 2/4 hosts in us-east-1',
      incident: { incidentId: 'inc-1', severity: 'P1', startedAt: '2026-01-15T12:00:00.000Z', value: 7.3 },
      links: {},
    })
  })

  test("speaks Alertmanager's format on request", async () => {
    const incident = message().incident
    const alerts = [incident.alerts[0], { ...incident.alerts[1], status: 'resolved' as const, endsMs: NOW_MS }]
    await send(webhook({ format: 'alertmanager' }), message({}, { alerts }))
    const labels = { alertname: 'ErrorRate', service: 'api', region: 'us-east-1' }
    expect(JSON.parse(service.received[0].text)).toEqual({
      version: '4',
      groupKey: '{}:{alertname="ErrorRate"}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'slack:#alerts',
      groupLabels: labels,
      commonLabels: labels,
      commonAnnotations: { summary: 'too many errors' },
      externalURL: 'https://t.example.com',
      alerts: [
        {
          status: 'firing',
          labels: { ...labels, host: 'h1' },
          annotations: { summary: 'too many errors' },
          startsAt: '2026-01-15T12:00:00.000Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'https://tidemark.example.com/rules',
          fingerprint: 'f-h1',
        },
        {
          status: 'resolved',
          labels: { ...labels, host: 'h2' },
          annotations: { summary: 'too many errors' },
          startsAt: '2026-01-15T12:00:00.000Z',
          endsAt: '2026-01-15T12:00:00.000Z',
          generatorURL: 'https://tidemark.example.com/rules',
          fingerprint: 'f-h2',
        },
      ],
    })
  })
})

describe('Slack', () => {
  const posted = { status: 200, body: { ok: true, channel: 'C0123456789', ts: '17.1' } }

  test('gives a reference by which its message is updated in place', async () => {
    service.usual = posted
    expect(await send(slackBot())).toMatchObject({ outcome: 'delivered', reference: 'C0123456789:17.1' })
    expect(service.received[0]).toMatchObject({
      path: '/api/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-s3cret' },
    })
    await send(slackBot(), message({ action: 'update', reference: 'C0123456789:17.1' }))
    expect(service.received[1].path).toBe('/api/chat.update')
    expect(JSON.parse(service.received[1].text)).toMatchObject({ channel: 'C0123456789', ts: '17.1' })
  })

  test('keeps the reference of the first message when a reminder is written below it', async () => {
    service.usual = { status: 200, body: { ok: true, channel: 'C0123456789', ts: '99.9' } }
    const reminder = message({ action: 'remind', reference: 'C0123456789:17.1' })
    expect(await send(slackBot(), reminder)).toMatchObject({ reference: 'C0123456789:17.1' })
  })

  test('gets a new message where the old one was deleted', async () => {
    service.next = [{ status: 200, body: { ok: false, error: 'message_not_found' } }]
    service.usual = posted
    const update = message({ action: 'resolve', reference: 'C0000000000:1.1' })
    expect(await send(slackBot(), update)).toMatchObject({ outcome: 'delivered', reference: 'C0123456789:17.1' })
    expect(service.received.map(({ path }) => path)).toEqual(['/api/chat.update', '/api/chat.postMessage'])
  })

  test.each<[Behaviour, Partial<Delivery>]>([
    [
      { status: 200, body: { ok: false, error: 'invalid_auth' } },
      { outcome: 'refused', reason: 'invalid_auth' },
    ],
    [
      { status: 200, body: { ok: false, error: 'ratelimited' } },
      { outcome: 'later', reason: 'ratelimited' },
    ],
    [{ status: 200, body: { ok: false, error: 'internal_error' } }, { outcome: 'later' }],
    [{ status: 200, body: '<html>maintenance</html>' }, { outcome: 'later' }],
    [
      { status: 429, headers: { 'retry-after': '30' } },
      { outcome: 'later', retryAfterMs: 30_000 },
    ],
  ])('that says %j', async (behaviour, delivery) => {
    service.usual = behaviour
    expect(await send(slackBot())).toMatchObject(delivery)
  })

  test('by an incoming webhook gets text and blocks', async () => {
    await send({ kind: 'slack', webhook_url: `${service.url}/services/T/B/x`, url: service.url, ...PACE })
    expect(JSON.parse(service.received[0].text)).toMatchObject({
      text: '[P1 firing] api: error_rate &gt; 5% on 2/4 hosts in us-east-1',
      blocks: [{ type: 'header' }, { type: 'section' }, { type: 'section' }],
    })
  })
})

test('Teams gets its card, and Opsgenie its alert', async () => {
  await send({ kind: 'teams', webhook_url: `${service.url}/workflow`, ...PACE })
  await send({ kind: 'opsgenie', api_key: 'g-s3cret', url: service.url, ...PACE })
  expect(JSON.parse(service.received[0].text)).toMatchObject({ type: 'message' })
  expect(service.received[1]).toMatchObject({ path: '/v2/alerts', headers: { authorization: 'GenieKey g-s3cret' } })
})
