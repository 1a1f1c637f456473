import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../../schemas/errors.js'
import { readDispatchConfig } from '../read-config.js'

const FILES: Readonly<Record<string, string>> = { 'secrets/pd': 'R-file\n', slack_url: 'https://hooks.example/file' }

function read(yaml: string) {
  return readDispatchConfig(yaml, 'alertmanager.yml', (path) => {
    if (path in FILES) return FILES[path]
    throw new Error(`no such file: ${path}`)
  })
}

/** A file of one receiver. @param configs of it, in YAML @param global likewise */
const one = (configs: string, global = '') =>
  read(`{ global: { ${global} }, route: { receiver: team }, receivers: [{ name: team, ${configs} }] }`)

const WHOLE = `
global:
  resolve_timeout: 10m
  smtp_smarthost: 'smtp.example.org:587'
  smtp_from: 'Alerts <alertmanager@example.org>'
  smtp_auth_username: alertmanager
  smtp_auth_password: mail-s3cret
  slack_api_url: https://hooks.example/T/B/X
  opsgenie_api_key: og-s3cret
templates: ['/etc/alertmanager/template/*.tmpl']
route:
  group_by: [alertname, cluster]
  receiver: team-mails
  routes:
    - matchers: [severity="page"]
      receiver: pager
    - matchers: [alertname="Watchdog"]
      receiver: 'null'
receivers:
  - name: team-mails
    email_configs:
      - to: 'Team X <x@example.org>, y@example.org'
        send_resolved: true
        headers: { Subject: '{{ .CommonAnnotations.summary }}' }
    slack_configs:
      - channel: '#alerts'
        title: '{{ template "title" . }}'
      - channel: '#all'
        send_resolved: true
  - name: pager
    pagerduty_configs:
      - routing_key_file: secrets/pd
        severity: critical
    opsgenie_configs:
      - responders: [{ type: teams, name: 'ops, net' }, { type: user, username: ann@example.org }]
    webhook_configs:
      - url: http://hooks.internal:9000/alerts
        max_alerts: 10
        http_config:
          basic_auth: { username: am, password: hook-s3cret }
    msteams_configs:
      - webhook_url: https://example.webhook.office.com/webhookb2/abc
  - name: 'null'
`

describe("a file of Alertmanager's is read as it is", () => {
  const { receivers, channels, warnings, resolveTimeoutMs } = read(WHOLE)

  test('each way to reach people is a channel, and a receiver without any tells nobody', () => {
    expect(receivers).toEqual([
      { name: 'team-mails', channels: ['team-mails/email', 'team-mails/slack', 'team-mails/slack-2'] },
      { name: 'pager', channels: ['pager/pagerduty', 'pager/opsgenie', 'pager/webhook', 'pager/teams'] },
      { name: 'null', channels: [] },
    ])
    expect(resolveTimeoutMs).toBe(600_000)
  })

  test('with what is said for all, and the defaults of the file', () => {
    expect(channels['team-mails/email']).toMatchObject({
      kind: 'email',
      to: ['x@example.org', 'y@example.org'],
      from: 'Alerts <alertmanager@example.org>',
      host: 'smtp.example.org',
      port: 587,
      encryption: 'starttls',
      username: 'alertmanager',
      password: 'mail-s3cret',
      send_resolved: true,
    })
    const slack = { kind: 'slack', webhook_url: 'https://hooks.example/T/B/X' }
    expect(channels['team-mails/slack']).toMatchObject({ ...slack, channel: '#alerts', send_resolved: false })
    expect(channels['team-mails/slack-2']).toMatchObject({ ...slack, channel: '#all', send_resolved: true })
    expect(channels['pager/pagerduty']).toMatchObject({
      kind: 'pagerduty',
      routing_key: 'R-file',
      url: 'https://events.pagerduty.com/v2/enqueue',
      send_resolved: true,
    })
    expect(channels['pager/opsgenie']).toMatchObject({
      kind: 'opsgenie',
      api_key: 'og-s3cret',
      responders: [
        { type: 'team', name: 'ops' },
        { type: 'team', name: 'net' },
        { type: 'user', username: 'ann@example.org' },
      ],
    })
    expect(channels['pager/webhook']).toMatchObject({
      kind: 'webhook',
      format: 'alertmanager',
      receiver: 'pager',
      url: 'http://hooks.internal:9000/alerts',
      authorization: `Basic ${Buffer.from('am:hook-s3cret').toString('base64')}`,
    })
    expect(channels['pager/teams']).toMatchObject({ kind: 'teams', send_resolved: true })
  })

  test('what has no meaning here is told with its place, and what counts instead', () => {
    expect(warnings).toEqual([
      'receivers.team-mails.email_configs.0.headers has no meaning here: messages are written by Tidemark',
      'receivers.team-mails.slack_configs.0.title has no meaning here: messages are written by Tidemark',
      'receivers.pager.pagerduty_configs.0.severity has no meaning here: messages are written by Tidemark',
      'receivers.pager.webhook_configs.0.max_alerts has no meaning here: the worst hundred alerts are told',
      'templates has no meaning here: messages are written by Tidemark',
    ])
  })
})

test.each([
  ['slack_configs: [{ api_url_file: slack_url }]', '', { webhook_url: 'https://hooks.example/file' }],
  [
    `slack_configs: [{ api_url: 'https://slack.com/api/chat.postMessage', channel: ops,
      http_config: { authorization: { credentials: xoxb-1 } } }]`,
    '',
    { bot_token: 'xoxb-1', url: 'https://slack.com/api', channel: 'ops' },
  ],
  [
    'slack_configs: [{ channel: ops }]',
    'slack_app_token: xoxb-2',
    { bot_token: 'xoxb-2', url: 'https://slack.com/api' },
  ],
  ['pagerduty_configs: [{ service_key: S }]', '', { routing_key: 'S' }],
  ['webhook_configs: [{ url: "http://h/" }]', 'http_config: { bearer_token: T }', { authorization: 'Bearer T' }],
  [
    'webhook_configs: [{ url: "http://h/", http_config: { http_headers: { X-Team: { values: [a, b] } } } }]',
    '',
    { headers: { 'X-Team': 'a, b' } },
  ],
  [
    'email_configs: [{ to: a@b.c, from: d@e.f, smarthost: "[::1]:465", require_tls: false }]',
    '',
    { host: '::1', port: 465, encryption: 'tls' },
  ],
  [
    'email_configs: [{ to: a@b.c }]',
    'smtp_from: d@e.f, smtp_smarthost: "localhost:25", smtp_require_tls: false',
    { encryption: 'if_offered', send_resolved: false },
  ],
  ['msteamsv2_configs: [{ webhook_url: "https://flows.example/x" }]', '', { kind: 'teams' }],
  [
    'opsgenie_configs: [{ api_key: k, api_url: "https://api.eu.opsgenie.com/" }]',
    '',
    { url: 'https://api.eu.opsgenie.com' },
  ],
])('%s', (configs, global, expected) => {
  const [channel] = Object.values(one(configs, global).channels)
  expect(channel).toMatchObject(expected)
})

test('in a file that names channels of the config, a receiver without any leaves it to the rule', () => {
  const { receivers } = read(
    '{ route: { receiver: a }, receivers: [{ name: a }, { name: b, channels: ["slack:#b"] }] }',
  )
  expect(receivers).toEqual([{ name: 'a' }, { name: 'b', channels: ['slack:#b'] }])
})

describe('what would keep somebody from being called is refused with its place', () => {
  test.each([
    ['discord_configs: [{ webhook_url: "https://d" }]', '', 'receivers.team.discord_configs: there is no channel'],
    ['webhook_configs: [{}]', '', 'receivers.team.webhook_configs.0.url: it is missing'],
    ['webhook_configs: [{ url: "http://h/", urll: x }]', '', 'webhook_configs.0.urll: there is no such key'],
    ['webhook_configs: [{ url: h }]', '', 'receivers.team.webhook_configs.0: url: '],
    ['webhook_configs: [{ url: "http://[" }]', '', 'url: it is no address'],
    ['webhook_configs: [{ url: "http://h/", url_file: x }]', '', 'url_file: url is given too'],
    ['webhook_configs: [{ url_file: gone }]', '', 'url_file: no such file: gone'],
    ['webhook_configs: [{ url: "http://h/", http_config: { proxy_url: "http://p" } }]', '', 'http_config.proxy_url'],
    [
      'webhook_configs: [{ url: "http://h/" }]',
      'http_config: { oauth2: { client_id: x } }',
      'global.http_config.oauth2',
    ],
    [
      'webhook_configs: [{ url: "http://h/", http_config: { tls_config: { ca_file: ca } } }]',
      '',
      'NODE_EXTRA_CA_CERTS',
    ],
    ['slack_configs: [{ channel: "#{{ .GroupLabels.team }}" }]', 'slack_api_url: "https://h"', 'it is a template'],
    ['slack_configs: [{ channel: "#a" }]', '', 'slack_configs.0.api_url: it is missing'],
    ['pagerduty_configs: [{ send_resolved: maybe }]', '', 'routing_key: it is missing'],
    ['pagerduty_configs: [{ routing_key: k, send_resolved: maybe }]', '', '"maybe" is neither true nor false'],
    ['email_configs: [{ to: a@b.c, from: d@e.f }]', '', 'smarthost: "" is no host:port'],
    ['email_configs: [{ from: d@e.f }]', 'smtp_smarthost: "h:25"', 'email_configs.0.to: it is missing'],
    ['email_configs: {}', '', 'receivers.team.email_configs: it is no list'],
    ['email_configs: []', 'smtp_fromm: x', 'global.smtp_fromm: there is no such key'],
  ])('%s (%s)', (configs, global, told) => {
    const thrown = (() => {
      try {
        return one(configs, global)
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(TidemarkError)
    expect(thrown).toMatchObject({ code: 'TM_DISPATCH_FILE', message: expect.stringContaining(told) })
  })
})
