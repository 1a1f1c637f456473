import { createHmac } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asTidemarkError, TidemarkError } from '../../../schemas/errors.js'
import { backPlugin } from './routes.js'
import { type LinkGrant, signedPath } from './signed-link.js'

const KEY = '0123456789abcdef'
const NOW_MS = Date.UTC(2026, 0, 15, 12)
const NOW_S = NOW_MS / 1000

let app: FastifyInstance
const acts: string[] = []
let isAway: boolean

beforeEach(async () => {
  acts.length = 0
  isAway = false
  app = fastify()
  app.setErrorHandler((thrown, _request, reply) => {
    const { status, code, message } = asTidemarkError(thrown)
    return reply.code(status).send({ code, message })
  })
  const ignore = () => undefined
  await app.register(
    backPlugin({
      act: async (incidentId, action, by) => {
        if (isAway) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'gone' })
        if (incidentId === 'inc-over') throw new TidemarkError('TM_TOKEN_NAME', { name: 'of status 409' })
        if (!incidentId.startsWith('inc-')) throw new TidemarkError('TM_NOT_FOUND', { what: incidentId, fix: '' })
        acts.push(`${by}: ${action} ${incidentId}`)
      },
      clock: () => NOW_MS,
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      signingKey: KEY,
      slackSecrets: ['slack-a', 'slack-b'],
      pagerDutySecrets: ['pd-a'],
    }),
  )
})
afterEach(() => app.close())

describe('a link in a message', () => {
  const grant: LinkGrant = { incidentId: 'inc-1', action: 'acknowledge', by: 'bea', expiresS: NOW_S + 60 }

  test('shows a page with a button when it is looked at, as scanners do, and acts when that is pressed', async () => {
    const url = signedPath(grant, KEY)
    for (const method of ['GET', 'HEAD', 'GET'] as const)
      expect((await app.inject({ method, url })).statusCode).toBe(200)
    const page = await app.inject({ method: 'GET', url })
    expect(page.body).toContain('<form method="post"><button>Acknowledge</button></form>')
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("form-action 'self'"),
    })
    expect(acts).toEqual([])
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const done = await app.inject({ method: 'POST', url, headers })
    expect(done.body).toContain('<h1>Acknowledged</h1>')
    expect(acts).toEqual(['bea: acknowledge inc-1'])
  })

  test.each<[string, (url: string) => string]>([
    ['another incident', (url) => url.replace('inc-1', 'inc-2')],
    ['another action', (url) => url.replace('/ack?', '/resolve?')],
    ['another person', (url) => url.replace('by=bea', 'by=eve')],
    ['another time', (url) => url.replace(`exp=${NOW_S + 60}`, `exp=${NOW_S + 6000}`)],
    ['no signature', (url) => url.replace(/&sig=.*/, '')],
    ['an action that there is not', (url) => url.replace('/ack?', '/toString?')],
    ['two signatures', (url) => `${url}&sig=x`],
  ])('for %s is refused', async (_, changed) => {
    const url = changed(signedPath(grant, KEY))
    for (const method of ['GET', 'POST'] as const) {
      const { statusCode, body } = await app.inject({ method, url })
      expect([statusCode, body.includes('not genuine')]).toEqual([403, true])
    }
    expect(acts).toEqual([])
  })

  test('has its time', async () => {
    const url = signedPath({ ...grant, expiresS: NOW_S - 1 }, KEY)
    expect((await app.inject({ method: 'POST', url })).statusCode).toBe(410)
    expect(acts).toEqual([])
  })

  test('tells on its page what did not work', async () => {
    const unknown = signedPath({ ...grant, incidentId: 'other-<b>' }, KEY)
    const { statusCode, body } = await app.inject({ method: 'POST', url: unknown })
    expect(statusCode).toBe(404)
    expect(body).toContain('other-&lt;b&gt; does not exist')
    isAway = true
    expect((await app.inject({ method: 'POST', url: signedPath(grant, KEY) })).statusCode).toBe(503)
  })
})

describe('a button in Slack', () => {
  const pressed = (change: object = {}) => {
    const payload = {
      type: 'block_actions',
      user: { id: 'U1', username: 'bea' },
      actions: [{ action_id: 'tidemark_acknowledge', value: 'inc-1' }],
      ...change,
    }
    return new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  }
  const post = (body: string, { atS = NOW_S, secret = 'slack-b', signature = '' } = {}) => {
    const signed = createHmac('sha256', secret).update(`v0:${atS}:${body}`).digest('hex')
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(atS),
      'x-slack-signature': signature || `v0=${signed}`,
    }
    return app.inject({ method: 'POST', url: '/api/v1/actions/slack', headers, body })
  }

  test('acts', async () => {
    expect((await post(pressed())).statusCode).toBe(200)
    expect((await post(pressed({ actions: [{ action_id: 'tidemark_resolve', value: 'inc-1' }] }))).statusCode).toBe(200)
    expect(acts).toEqual(['slack:bea: acknowledge inc-1', 'slack:bea: resolve inc-1'])
  })

  test.each([
    ['a wrong secret', { secret: 'other' }],
    ['an old request', { atS: NOW_S - 301 }],
    ['a request of the future', { atS: NOW_S + 301 }],
    ['a time that is none', { atS: Number.NaN }],
    ['a signature that is none', { signature: 'v0=00' }],
  ])('%s does not', async (_, how) => {
    const { statusCode, body } = await post(pressed(), how)
    expect([statusCode, JSON.parse(body).code]).toEqual([401, 'TM_SIGNATURE'])
    expect(acts).toEqual([])
  })

  test('that only leads somewhere is taken note of', async () => {
    for (const body of [
      pressed({ actions: [{ action_id: 'tidemark_open_runbook' }] }),
      pressed({ type: 'view_closed' }),
      'payload=null',
    ]) {
      expect((await post(body)).statusCode).toBe(200)
    }
    expect((await post('payload=%7B')).statusCode).toBe(400)
    expect(acts).toEqual([])
  })
})

describe('an event of PagerDuty', () => {
  const event = (change: object = {}) =>
    JSON.stringify({
      event: {
        event_type: 'incident.acknowledged',
        agent: { type: 'user_reference', summary: 'Bea Example' },
        data: { incident_key: 'inc-1' },
        ...change,
      },
    })
  const post = (body: string, secrets = ['pd-old', 'pd-a']) => {
    const signatures = secrets.map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`)
    const headers = { 'content-type': 'application/json', 'x-pagerduty-signature': signatures.join(',') }
    return app.inject({ method: 'POST', url: '/api/v1/actions/pagerduty', headers, body })
  }

  test('acts on the incident that its key names', async () => {
    expect((await post(event())).statusCode).toBe(202)
    await post(event({ event_type: 'incident.resolved' }))
    expect(acts).toEqual(['pagerduty:Bea Example: acknowledge inc-1', 'pagerduty:Bea Example: resolve inc-1'])
  })

  test('that no secret of ours has signed is refused', async () => {
    expect((await post(event(), ['other'])).statusCode).toBe(401)
    expect(acts).toEqual([])
  })

  test.each([
    ['that our own event caused', event({ agent: { type: 'service_reference' } })],
    ['of another kind', event({ event_type: 'incident.priority_updated' })],
    ['of an incident that is not ours', event({ data: { incident_key: 'srv01/disk' } })],
    ['of an incident that is over', event({ data: { incident_key: 'inc-over' } })],
    ['that is a ping', JSON.stringify({ event: { event_type: 'pagey.ping', agent: null, data: { message: 'hi' } } })],
  ])('%s is taken note of', async (_, body) => {
    expect((await post(body)).statusCode).toBe(202)
    expect(acts).toEqual([])
  })

  test('is sent again where the catalog was away', async () => {
    isAway = true
    expect((await post(event())).statusCode).toBe(503)
  })
})
