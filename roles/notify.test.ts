import fastify, { type FastifyInstance } from 'fastify'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryOutbox } from '../alerting/notify/testing/memory-outbox.js'
import { message } from '../alerting/notify/testing/messages.js'

import { type Service, startService } from '../alerting/notify/testing/service.js'
import { deadText, testText } from '../cli/notify.js'
import { nowText, weekText } from '../cli/oncall.js'
import { type ChannelConfig, channelConfig } from '../schemas/config/channels.js'
import { loadConfig } from '../schemas/config/load.js'
import { installErrorHandler } from '../serving/http/errors.js'
import { notifyRoutes, startNotifier } from './notify.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12)
const clock = () => NOW_MS
const logger = pino({ level: 'silent' })

let service: Service
let outbox: MemoryOutbox
let app: FastifyInstance
const acts: string[] = []
/** Channels that the routes of alerts bring along. */
let ofRoutes: Readonly<Record<string, ChannelConfig>>
const routes = () => ({ channels: ofRoutes })

beforeEach(async () => {
  acts.length = 0
  ofRoutes = {}
  service = await startService()
  outbox = new MemoryOutbox()
  app = fastify()
  installErrorHandler(app)
  const act = async (incidentId: string, action: string, by: string) => void acts.push(`${by}: ${action} ${incidentId}`)
  await app.register(notifyRoutes({ config: config(), clock, logger, routes, dead: outbox, act }))
})
afterEach(async () => {
  await app.close()
  await service.close()
})

function config() {
  return loadConfig({
    env: {},
    overrides: {
      'outbound.allow': ['127.0.0.1'],
      'alerting.external_url': 'https://t.example.com',
      'alerting.signing_key': '0123456789abcdef',
      'alerting.channels': {
        hook: { kind: 'webhook', url: `${service.url}/s3cret` },
        'pagerduty:a': { kind: 'pagerduty', routing_key: 'R-s3cret', url: `${service.url}/v2/enqueue` },
      },
      'alerting.on_call': {
        primary: { time_zone: 'Europe/Berlin', layers: [{ people: ['ann', 'bea'], start: '2026-01-05' }] },
      },
    },
  })
}

async function get(url: string) {
  const { statusCode, body } = await app.inject({ method: 'GET', url })
  return { statusCode, body: JSON.parse(body) }
}
async function post(url: string, body?: object) {
  const answer = await app.inject({ method: 'POST', url, body })
  return { statusCode: answer.statusCode, body: JSON.parse(answer.body) }
}

test('a message is sent with links that act, and pressing one does', async () => {
  const { wake, stop, metrics } = startNotifier({ config: config(), clock, logger, routes }, outbox)
  outbox.put({ message: message(), channel: 'hook', queuedMs: NOW_MS - 3000 })
  wake()
  await expect.poll(() => outbox.rows[0].state).toBe('delivered')
  await stop()
  const { links } = JSON.parse(service.received[0].text)
  const { pathname, search } = new URL(links.acknowledge)
  expect((await app.inject({ method: 'POST', url: `${pathname}${search}` })).statusCode).toBe(200)
  expect(acts).toEqual(['a link in a message: acknowledge inc-1'])
  expect(outbox.rows[0].message.incident.links).toEqual({})
  const readings = await metrics.collectors[0].read()
  expect(readings).toMatchObject({ tidemark_notify_sent_total: [{ labels: { channel: 'hook' }, value: 1 }] })
  const [histogram] = metrics.histograms ?? []
  const values = (await histogram.get()).values
  expect(values.find(({ metricName }) => metricName?.endsWith('_sum'))?.value).toBe(3)
})

test('channels of the routes are sent through, as they stand now, and listed beside the others', async () => {
  const { stop } = startNotifier({ config: config(), clock, logger, routes }, outbox)
  const put = (key: string, channel: string, action: 'trigger' | 'resolve' = 'trigger') =>
    outbox.put({ message: message({ key, action }, { incidentId: key }), channel, queuedMs: NOW_MS })
  const team = (path: string) =>
    channelConfig({ kind: 'webhook', ...{ url: `${service.url}/${path}`, send_resolved: false } })
  ofRoutes = { 'team/webhook': team('one') }
  put('a', 'team/webhook')
  await expect.poll(() => outbox.rows[0].state).toBe('delivered')
  ofRoutes = { 'team/webhook': team('two') }
  put('b', 'team/webhook')
  await expect.poll(() => outbox.rows[1].state).toBe('delivered')
  put('c', 'team/webhook', 'resolve')
  await expect.poll(() => outbox.rows.length).toBe(2)
  await stop()
  expect(service.received.map(({ path }) => path)).toEqual(['/one', '/two'])
  const { body } = await app.inject('/api/v1/notify/channels')
  const names = JSON.parse(body).data.map(({ name }: { name: string }) => name)
  expect(names).toEqual(['team/webhook', 'hook', 'pagerduty:a'])
})

test('attempts that fail and messages that are given up are counted by channel, and names that there are not together', async () => {
  service.next = [{ status: 503 }, { status: 400 }]
  const { stop, metrics } = startNotifier({ config: config(), clock, logger, routes }, outbox)
  const put = (key: string, channel: string) =>
    outbox.put({ message: message({ key }, { incidentId: key }), channel, queuedMs: NOW_MS })
  put('a', 'hook')
  await expect.poll(() => outbox.rows[0].reason).toBe('HTTP 503')
  put('b', 'hook')
  await expect.poll(() => outbox.rows[1].state).toBe('dead')
  put('c', 'other-1')
  put('d', 'other-2')
  await expect.poll(() => outbox.rows[3].state).toBe('dead')
  await stop()
  const of = (channel: string, value: number) => ({ labels: { channel }, value })
  expect(await metrics.collectors[0].read()).toMatchObject({
    tidemark_notify_failed_total: [of('hook', 2), of('unknown', 2)],
    tidemark_notify_retried_total: [of('hook', 1)],
    tidemark_notify_dead_total: [of('hook', 1), of('unknown', 2)],
  })
})

test('channels are listed without their secrets', async () => {
  const { body } = await get('/api/v1/notify/channels')
  expect(body.data).toEqual([
    { name: 'hook', kind: 'webhook', target: expect.stringMatching(/^127\.0\.0\.1:\d+$/), perMinute: 600, burst: 10 },
    { name: 'pagerduty:a', kind: 'pagerduty', target: expect.any(String), perMinute: 120, burst: 10 },
  ])
  expect(JSON.stringify(body)).not.toContain('s3cret')
})

test('a channel is tried: what the other side said is told, and no alert stays open', async () => {
  service.usual = { status: 202, body: { status: 'success', dedup_key: 'R-s3cret' } }
  const { body } = await post('/api/v1/notify/channels/pagerduty%3Aa/test')
  expect(service.received.map(({ text }) => JSON.parse(text).event_action)).toEqual(['trigger', 'resolve'])
  expect(testText(body.data)).toBe(
    'trigger  delivered after 0 ms: HTTP 202: {"status":"success","dedup_key":"***"}\n' +
      'resolve  delivered after 0 ms: HTTP 202: {"status":"success","dedup_key":"***"}',
  )
  service.usual = { status: 400, body: 'no' }
  expect(testText((await post('/api/v1/notify/channels/hook/test')).body.data)).toBe(
    'trigger  refused after 0 ms: HTTP 400: no',
  )
})

test('a channel that there is not is told with those that there are', async () => {
  const { statusCode, body } = await post('/api/v1/notify/channels/nobody/test')
  expect([statusCode, body.code]).toEqual([404, 'TM_CHANNEL_UNKNOWN'])
  expect(body.hint).toContain('hook, pagerduty:a')
})

test('dead letters are listed and sent again', async () => {
  outbox.put({ message: message({ key: 'k1' }), channel: 'hook', queuedMs: NOW_MS })
  await outbox.bury('k1', 'HTTP 400: no', NOW_MS)
  const { body } = await get('/api/v1/notify/dead')
  expect(deadText(body.data)).toMatch(/2026-01-15 12:00:00Z +hook +trigger .* HTTP 400: no +k1/)
  expect((await post('/api/v1/notify/dead/retry', { keys: ['other'] })).body.data).toEqual({ retried: 0 })
  expect((await post('/api/v1/notify/dead/retry', {})).body.data).toEqual({ retried: 1 })
  expect(deadText((await get('/api/v1/notify/dead')).body.data)).toBe('no message was given up')
})

test('who is on call is told in the time of the schedule', async () => {
  const { body } = await get('/api/v1/oncall')
  expect(nowText(body.data)).toBe(
    'schedule  on call  until                               then\nprimary   bea      Mon 2026-01-19 09:00 Europe/Berlin  ann',
  )
  const week = await get(`/api/v1/oncall/primary?at=${Date.UTC(2026, 2, 29)}&hours=48`)
  expect(weekText(week.body.data)).toBe(
    [
      'primary (Europe/Berlin)',
      'from                  to                    on call',
      'Sun 2026-03-29 01:00  Mon 2026-03-30 09:00  bea',
      'Mon 2026-03-30 09:00  Tue 2026-03-31 02:00  ann',
    ].join('\n'),
  )
  expect(await get('/api/v1/oncall/nobody')).toMatchObject({ statusCode: 404, body: { code: 'TM_SCHEDULE_UNKNOWN' } })
})
