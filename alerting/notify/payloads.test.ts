import { Ajv, type ValidateFunction } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from './channel.js'
import { opsgenieRequest } from './opsgenie.js'
import { pagerDutyEvent } from './pagerduty.js'
import { slackCall } from './slack.js'
import { slackMessage } from './slack-blocks.js'
import { teamsMessage } from './teams.js'
import { anyMessage, message } from './testing/messages.js'

const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addFormat('web', (text: string) => /^https?:\/\//.test(text) && URL.canParse(text))
ajv.addFormat('https', (text: string) => text.startsWith('https://') && URL.canParse(text))
ajv.addFormat('moment', (text: string) => !Number.isNaN(Date.parse(text)))

const text = (maxLength: number, minLength = 1) => ({ type: 'string', minLength, maxLength })
const object = (properties: object, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

function expectValid(validate: ValidateFunction, payload: unknown): void {
  // As the other side reads it.
  const isValid = validate(JSON.parse(JSON.stringify(payload)))
  expect(isValid ? [] : validate.errors).toEqual([])
}

function forAnyMessage(check: (message: Message) => void): void {
  const seed = Date.now()
  console.log(`seed ${seed}`)
  fc.assert(fc.property(anyMessage, check), { numRuns: 150, seed })
}

describe('an event for PagerDuty', () => {
  const key = { routing_key: text(100), dedup_key: text(255) }
  const described = {
    payload: object(
      {
        summary: text(1024),
        source: text(1024),
        severity: { enum: ['critical', 'error', 'warning', 'info'] },
        timestamp: { type: 'string', format: 'moment' },
        component: text(1024, 0),
        group: text(1024, 0),
        class: text(1024, 0),
        custom_details: { type: 'object' },
      },
      ['summary', 'source', 'severity'],
    ),
    client: { type: 'string' },
    client_url: { type: 'string', format: 'web' },
    links: { type: 'array', items: object({ href: { type: 'string', format: 'web' }, text: text(1024) }, ['href']) },
    images: {
      type: 'array',
      items: object({ src: { type: 'string', format: 'https' }, href: { type: 'string' }, alt: text(1024) }, ['src']),
    },
  }
  const isEvent = ajv.compile({
    oneOf: [
      object({ ...key, event_action: { const: 'trigger' }, ...described }, [
        ...Object.keys(key),
        'event_action',
        'payload',
      ]),
      object({ ...key, event_action: { enum: ['acknowledge', 'resolve'] } }),
    ],
  })

  test('fits its schema and is below 512 KB, whatever labels hold', () => {
    forAnyMessage((any) => {
      const event = pagerDutyEvent(any, 'R1')
      expectValid(isEvent, event)
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(512_000)
    })
  })

  test('says value and threshold, hosts, runbook and where to look', () => {
    const event = pagerDutyEvent(
      message(
        {},
        { links: { incident: 'https://t.example.com/incidents/inc-1', image: 'https://t.example.com/c.png' } },
      ),
      'R1',
    )
    expect(event).toMatchObject({
      routing_key: 'R1',
      event_action: 'trigger',
      dedup_key: 'inc-1',
      client_url: 'https://t.example.com/incidents/inc-1',
      images: [{ src: 'https://t.example.com/c.png' }],
      payload: {
        summary: 'api: error_rate > 5% on 2/4 hosts in us-east-1',
        source: 'h1',
        severity: 'critical',
        component: 'api',
        group: 'us-east-1',
        timestamp: '2026-01-15T12:00:00.000Z',
        custom_details: { Value: '7.3 (threshold 5)', Hosts: '2 of 4: h1, h2', Summary: 'too many errors' },
      },
    })
  })

  test.each([
    ['update', 'trigger'],
    ['remind', 'trigger'],
    ['acknowledge', 'acknowledge'],
    ['resolve', 'resolve'],
  ] as const)('for %s is a %s of the same key', (action, event_action) => {
    expect(pagerDutyEvent(message({ action }), 'R1')).toMatchObject({ event_action, dedup_key: 'inc-1' })
  })
})

describe('a message for Slack', () => {
  const plain = (maxLength: number) =>
    object({ type: { const: 'plain_text' }, text: text(maxLength), emoji: { const: false } })
  const button = object(
    {
      type: { const: 'button' },
      text: plain(75),
      action_id: text(255),
      url: { ...text(3000), format: 'web' },
      value: text(2000),
    },
    ['type', 'text'],
  )
  const isMessage = ajv.compile({
    type: 'object',
    required: ['text', 'blocks'],
    properties: {
      text: text(40_000),
      blocks: {
        type: 'array',
        minItems: 1,
        maxItems: 50,
        items: {
          oneOf: [
            object({ type: { const: 'header' }, text: plain(150) }),
            object({ type: { const: 'section' }, text: plain(3000) }),
            object({
              type: { const: 'section' },
              fields: { type: 'array', minItems: 1, maxItems: 10, items: plain(2000) },
            }),
            object({ type: { const: 'image' }, image_url: { ...text(3000), format: 'https' }, alt_text: text(2000) }),
            object({
              type: { const: 'actions' },
              elements: { type: 'array', minItems: 1, maxItems: 25, items: button },
            }),
          ],
        },
      },
    },
  })

  test('keeps to the limits of Block Kit, whatever labels hold', () => {
    forAnyMessage((any) => {
      for (const isInteractive of [true, false]) {
        const { blocks, ...rest } = slackMessage(any, isInteractive)
        expectValid(isMessage, { blocks, ...rest })
        const ids = blocks.flatMap((block) => ('elements' in block ? (block.elements as { action_id: string }[]) : []))
        expect(new Set(ids.map(({ action_id }) => action_id)).size).toBe(ids.length)
      }
    })
  })

  test('has no markup outside of its own: what labels hold mentions nobody and leads nowhere', () => {
    const { text: plainest, blocks } = slackMessage(message({}, { title: '<!channel> *x* <https://evil|y>' }), false)
    expect(plainest).toBe('[P1 firing] &lt;!channel&gt; *x* &lt;https://evil|y&gt;')
    expect(JSON.stringify(blocks)).not.toContain('mrkdwn')
  })

  test('has buttons that act in Slack where Slack tells us, and else lead to pages', () => {
    const links = { acknowledge: 'https://t/i/inc-1/ack', runbook: 'https://wiki/errors' }
    const idsOf = (isInteractive: boolean) => {
      const actions = slackMessage(message({}, { links }), isInteractive).blocks.at(-1) as {
        elements: { action_id: string; url?: string; value?: string }[]
      }
      return actions.elements.map(({ action_id, url, value }) => [action_id, url ?? value])
    }
    expect(idsOf(true)).toEqual([
      ['tidemark_acknowledge', 'inc-1'],
      ['tidemark_resolve', 'inc-1'],
      ['tidemark_open_runbook', 'https://wiki/errors'],
    ])
    expect(idsOf(false)).toEqual([
      ['tidemark_open_acknowledge', 'https://t/i/inc-1/ack'],
      ['tidemark_open_runbook', 'https://wiki/errors'],
    ])
  })

  test('updates the first one in place, but pages and reminders ring', () => {
    const room = { name: '#alerts', isInteractive: false }
    const reference = 'C0123456789:17.1'
    expect(slackCall(message(), room)).toMatchObject({ method: 'chat.postMessage', body: { channel: '#alerts' } })
    expect(slackCall(message({ action: 'resolve', reference }), room)).toMatchObject({
      method: 'chat.update',
      body: { channel: 'C0123456789', ts: '17.1' },
    })
    expect(slackCall(message({ action: 'remind', reference }), room)).toMatchObject({
      method: 'chat.postMessage',
      body: { channel: 'C0123456789', thread_ts: '17.1', reply_broadcast: true },
    })
    expect(slackCall(message({ recipient: 'U0123456789' }), room).body).toMatchObject({ channel: 'U0123456789' })
  })

  test('for a person goes to them, though the room has the incident, and a name that Slack does not know stands in it', () => {
    const room = { name: '#alerts', isInteractive: false }
    const reference = 'C0123456789:17.1'
    const page = slackCall(message({ recipient: 'U0123456789', reference }), room)
    expect(page.body).toMatchObject({ channel: 'U0123456789' })
    expect(page.body).not.toHaveProperty('thread_ts')
    const named = slackCall(message({ recipient: 'ann', reference }), room)
    expect(named.body).toMatchObject({ channel: 'C0123456789', thread_ts: '17.1' })
    expect(JSON.stringify(named.body.blocks)).toContain('For\\nann')
  })
})

describe('a card for Teams', () => {
  const isCard = ajv.compile(
    object({
      type: { const: 'message' },
      attachments: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: object({
          contentType: { const: 'application/vnd.microsoft.card.adaptive' },
          content: object({
            $schema: { type: 'string' },
            type: { const: 'AdaptiveCard' },
            version: { const: '1.4' },
            msteams: { type: 'object' },
            body: {
              type: 'array',
              items: {
                oneOf: [
                  object({
                    type: { const: 'RichTextBlock' },
                    inlines: {
                      type: 'array',
                      items: object(
                        {
                          type: { const: 'TextRun' },
                          text: text(2000),
                          weight: { enum: ['bolder'] },
                          size: { enum: ['large'] },
                          color: { enum: ['attention', 'warning', 'good'] },
                        },
                        ['type', 'text'],
                      ),
                    },
                  }),
                  object({ type: { const: 'Image' }, url: { type: 'string', format: 'https' }, altText: text(100) }),
                ],
              },
            },
            actions: {
              type: 'array',
              maxItems: 6,
              items: object({
                type: { const: 'Action.OpenUrl' },
                title: text(100),
                url: { type: 'string', format: 'web' },
              }),
            },
          }),
        }),
      },
    }),
  )

  test('is an Adaptive Card of less than 28 KB without Markdown, whatever labels hold', () => {
    forAnyMessage((any) => {
      const card = teamsMessage(any)
      expectValid(isCard, card)
      expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThan(28_000)
    })
  })
})

describe('a request to Opsgenie', () => {
  const details = { type: 'object', additionalProperties: text(150, 0) }
  const isBody = ajv.compile(
    object(
      {
        message: text(130),
        alias: text(512),
        description: text(15_000),
        priority: { enum: ['P1', 'P2', 'P3', 'P4', 'P5'] },
        source: text(100),
        entity: text(512, 0),
        details,
        note: text(25_000),
        user: text(100),
      },
      ['source'],
    ),
  )

  test('keeps to its limits and holds no tag, whatever labels hold', () => {
    forAnyMessage((any) => {
      const { path, body } = opsgenieRequest(any)
      expectValid(isBody, body)
      expect(path).toMatch(/^\/v2\/alerts(\/[^/?]+\/(acknowledge|close|notes)\?identifierType=alias)?$/)
      expect(`${body.message} ${body.description} ${body.note}`).not.toMatch(/<[a-z/!?]/i)
    })
  })

  test('creates, acknowledges and closes by the same alias', () => {
    expect(opsgenieRequest(message())).toMatchObject({
      path: '/v2/alerts',
      body: { alias: 'inc-1', priority: 'P1', entity: 'api', details: { region: 'us-east-1' } },
    })
    expect(opsgenieRequest(message({ action: 'acknowledge' }, { acknowledgedBy: 'ann' }))).toMatchObject({
      path: '/v2/alerts/inc-1/acknowledge?identifierType=alias',
      body: { user: 'ann' },
    })
    expect(opsgenieRequest(message({ action: 'resolve' })).path).toBe('/v2/alerts/inc-1/close?identifierType=alias')
  })
})
