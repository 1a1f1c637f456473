import fc from 'fast-check'
import type { IncidentView, Message } from '../channel.js'

/** 2026-01-15T12:00:00Z, ms. */
export const STARTED_MS = Date.UTC(2026, 0, 15, 12)

/** A message as it usually is. */
export function message(change: Partial<Message> = {}, incident: Partial<IncidentView> = {}): Message {
  return {
    key: 'inc-1:trigger:0:pagerduty:team-a',
    action: 'trigger',
    incident: {
      incidentId: 'inc-1',
      title: 'api: error_rate > 5% on 2/4 hosts in us-east-1',
      status: 'firing',
      severity: 'P1',
      rule: 'ErrorRate',
      groupKey: '{}:{alertname="ErrorRate"}',
      groupLabels: { alertname: 'ErrorRate', service: 'api', region: 'us-east-1' },
      query: 'error_rate > 5',
      threshold: '5',
      value: 7.3,
      hosts: { firing: ['h1', 'h2'], known: 4 },
      alerts: ['h1', 'h2'].map((host) => ({
        fingerprint: `f-${host}`,
        labels: { alertname: 'ErrorRate', service: 'api', region: 'us-east-1', host },
        annotations: { summary: 'too many errors' },
        status: 'firing',
        startsMs: STARTED_MS,
        value: 7.3,
        generatorUrl: 'https://tidemark.example.com/rules',
      })),
      annotations: { summary: 'too many errors', runbook_url: 'https://wiki.example.com/errors' },
      startedMs: STARTED_MS,
      links: {},
      changes: [],
      ...incident,
    },
    ...change,
  }
}

/** What nobody in their right mind would put into a label, and what somebody will. */
const HOSTILE = [
  '<!channel> <https://evil.example|click>',
  '*bold* _it_ ~no~ `code` [x](javascript:alert(1))',
  '<script>alert(1)</script>"\'&',
  '\u202egnp.exe\u0000\u0007\r\nBcc: everyone@example.com',
  '\ud800 lone',
  '👩‍👩‍👧‍👦'.repeat(300),
  'x'.repeat(20_000),
  '',
]

/** Texts, many of them hostile. */
const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ maxLength: 40 }),
)
const anyTexts = fc.dictionary(anyText, anyText, { maxKeys: 12 })
const anyTime = fc.integer({ min: 0, max: 4_102_444_800_000 })

const anyIncident: fc.Arbitrary<IncidentView> = fc.record(
  {
    incidentId: anyText.map((text) => `inc-${text}`),
    title: anyText,
    status: fc.constantFrom('firing', 'acknowledged', 'resolved'),
    severity: fc.constantFrom('P1', 'P2', 'P3', 'P4'),
    rule: anyText,
    groupKey: anyText,
    groupLabels: anyTexts.chain((more) =>
      fc.record({ service: anyText, region: anyText }).map((few) => ({ ...more, ...few })),
    ),
    query: anyText,
    threshold: anyText,
    value: fc.double(),
    hosts: fc.record({ firing: fc.array(anyText, { maxLength: 30 }), known: fc.nat() }),
    alerts: fc.constant([]),
    annotations: fc.record({ summary: anyText, description: anyText, runbook_url: anyText }),
    startedMs: anyTime,
    acknowledgedBy: anyText,
    resolvedMs: anyTime,
    links: fc.dictionary(
      fc.constantFrom('incident', 'acknowledge', 'resolve', 'runbook', 'logs', 'chart', 'image'),
      fc.oneof(fc.webUrl(), anyText, fc.constant('javascript:alert(1)')),
    ),
    changes: fc.array(anyText, { maxLength: 40 }),
  },
  {
    requiredKeys: [
      'incidentId',
      'title',
      'status',
      'severity',
      'rule',
      'groupKey',
      'groupLabels',
      'hosts',
      'alerts',
      'annotations',
      'startedMs',
      'links',
      'changes',
    ],
  },
)

/** Messages of every action, many of them hostile. */
export const anyMessage: fc.Arbitrary<Message> = fc.record(
  {
    key: anyText,
    action: fc.constantFrom('trigger', 'update', 'acknowledge', 'resolve', 'remind'),
    recipient: anyText,
    incident: anyIncident,
    reference: fc.constantFrom('C0123456789:1700000000.000100'),
  },
  { requiredKeys: ['key', 'action', 'incident'] },
)
