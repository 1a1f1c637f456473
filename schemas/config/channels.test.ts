import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { TidemarkError } from '../errors.js'
import { configFlags } from './flags.js'
import { loadConfig } from './load.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-channels-'))
afterAll(() => rmSync(folder, { recursive: true }))

function load(yaml: string, env: NodeJS.ProcessEnv = {}) {
  const path = join(folder, 'tidemark.yaml')
  writeFileSync(path, yaml)
  return loadConfig({ path, env })
}

test('a channel needs what its kind needs, and has defaults for the rest', () => {
  const { alerting } = load("alerting: { channels: { 'pagerduty:team-a': { kind: pagerduty, routing_key: R1 } } }")
  expect(alerting.channels['pagerduty:team-a']).toEqual({
    kind: 'pagerduty',
    routing_key: 'R1',
    url: 'https://events.pagerduty.com/v2/enqueue',
    per_minute: 120,
    burst: 10,
  })
})

test('secrets may lie in files and in variables of the environment', () => {
  const file = join(folder, 'slack-token')
  writeFileSync(file, 'xoxb-1\n')
  const yaml = `alerting: { channels: {
    'slack:#alerts': { kind: slack, bot_token: { file: '${file}' } },
    'opsgenie:a': { kind: opsgenie, api_key: { env: GENIE } } } }`
  const { channels } = load(yaml, { GENIE: 'g-2' }).alerting
  expect(channels['slack:#alerts']).toMatchObject({ bot_token: 'xoxb-1' })
  expect(channels['opsgenie:a']).toMatchObject({ api_key: 'g-2' })
})

test.each([
  ['a kind that there is not', '{ kind: pager }', 'alerting.channels.x.kind', 'pagerduty, slack'],
  ['a key that is missing', '{ kind: pagerduty }', 'alerting.channels.x.routing_key', 'it is missing'],
  [
    'a key that its kind does not know',
    '{ kind: teams, webhook_url: "https://a/", to: b }',
    'channels.x.to',
    'no such',
  ],
  ['an address that is none', '{ kind: teams, webhook_url: "https://[x" }', 'x.webhook_url', 'no address'],
  ['no way to Slack', '{ kind: slack }', 'alerting.channels.x.bot_token', 'one of webhook_url and bot_token'],
  ['a bot that knows no room', '{ kind: slack, bot_token: t }', 'alerting.channels.x.channel', 'it is missing'],
  ['a user without password', '{ kind: email, to: [a@b], from: a@b, host: h, username: u }', 'x.password', 'belong'],
  ['a variable that is not set', '{ kind: opsgenie, api_key: { env: NONE } }', 'api_key', 'NONE is not set'],
  ['a file that is not there', '{ kind: opsgenie, api_key: { file: /nowhere/x } }', 'api_key', '/nowhere/x'],
])('%s is told by key', (_, channel, key, reason) => {
  const yaml = `alerting: { channels: { x: ${channel} } }`
  const problem = () => load(yaml)
  expect(problem).toThrow(expect.objectContaining({ code: 'TM_CONFIG', message: expect.stringContaining(key) }))
  expect(told(problem)).toContain(reason)
})

function told(problem: () => unknown): string {
  try {
    problem()
  } catch (error) {
    const { message, hint } = error as TidemarkError
    return `${message}; ${hint}`
  }
  return ''
}

test('no error and no list of settings shows a secret', () => {
  const yaml = 'alerting: { channels: { x: { kind: webhook, url: "ftp://user:hunter2@a" } } }'
  expect(() => load(yaml)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }))
  const config = load('alerting: { channels: { x: { kind: opsgenie, api_key: hunter2 } } }')
  expect(JSON.stringify(configFlags(config))).not.toContain('hunter2')
})

test.each([
  ['a zone that there is not', 'Mars/Olympus', 'layers: [{ people: [a], start: 2026-01-05 }]', 'time_zone'],
  ['a date that there is not', 'UTC', 'layers: [{ people: [a], start: 2026-02-30 }]', 'layers.0.start'],
  [
    'a first layer that leaves gaps',
    'UTC',
    'layers: [{ people: [a], start: 2026-01-05, restrictions: [{ from: "09:00", to: "17:00" }] }]',
    'nobody would be on call',
  ],
  [
    'an override that ends before it begins',
    'UTC',
    'layers: [{ people: [a], start: 2026-01-05 }], overrides: [{ person: b, from: "2026-01-02T00:00Z", to: "2026-01-01T00:00Z" }]',
    'overrides.0.from',
  ],
])('a schedule with %s is refused', (_, zone, rest, reason) => {
  const yaml = `alerting: { on_call: { primary: { time_zone: ${zone}, ${rest} } } }`
  expect(() => load(yaml)).toThrow(reason)
})

test('links that act need an address that people reach', () => {
  expect(() => load('alerting: { signing_key: 0123456789abcdef }')).toThrow('alerting.external_url')
})
