import { expect, test } from 'vitest'
import { checkGrant, type LinkGrant } from './back/signed-link.js'
import type { IncidentView } from './channel.js'
import { contentOf } from './content.js'
import { type LinkSettings, withLinks } from './message-links.js'
import { message, STARTED_MS } from './testing/messages.js'

const SETTINGS: LinkSettings = {
  publicUrl: 'https://t.example.com',
  signingKey: '0123456789abcdef',
  lifetimeMs: 3_600_000,
  logs: {
    api: 'https://logs.example.com/?q=host:{host}&from={from}&to={to_ms}',
    '*': 'https://logs.example.com/?q=service:{service}',
  },
}

const linksOf = (incident: Partial<IncidentView> = {}, settings: Partial<LinkSettings> = {}) =>
  withLinks(message({ recipient: 'bea' }, incident), { ...SETTINGS, ...settings }, STARTED_MS + 60_000).incident.links

test('logs are those of the service on its first host, from a while before it began', () => {
  expect(linksOf().logs).toBe('https://logs.example.com/?q=host:h1&from=2026-01-15T11%3A45%3A00.000Z&to=1768478460000')
})

test('a service without an address of its own has that of all others, whatever it is called', () => {
  const groupLabels = { service: '__proto__&x=1' }
  expect(linksOf({ groupLabels }).logs).toBe('https://logs.example.com/?q=service:__proto__%26x%3D1')
  expect(linksOf({ groupLabels }, { logs: {} })).not.toHaveProperty('logs')
})

test('the chart is drawn by the home page, the runbook is that of the rule', () => {
  expect(linksOf()).toMatchObject({
    chart: 'https://t.example.com/?query=error_rate+%3E+5',
    runbook: 'https://wiki.example.com/errors',
  })
})

test('links that act are signed for the one who gets them, and for a time', () => {
  const { searchParams, pathname } = new URL(linksOf().acknowledge)
  expect(pathname).toBe('/i/inc-1/ack')
  const grant: LinkGrant = {
    incidentId: 'inc-1',
    action: 'acknowledge',
    by: searchParams.get('by') ?? '',
    expiresS: Number(searchParams.get('exp')),
  }
  expect(grant).toMatchObject({ by: 'bea', expiresS: (STARTED_MS + 3_660_000) / 1000 })
  const sig = searchParams.get('sig') ?? ''
  checkGrant(grant, sig, SETTINGS.signingKey, STARTED_MS)
  expect(() => checkGrant({ ...grant, by: 'eve' }, sig, SETTINGS.signingKey, STARTED_MS)).toThrow('not genuine')
})

test('what the incident says itself wins, and without an address or a key nothing is made up', () => {
  expect(linksOf({ links: { chart: 'https://grafana/d/1' } }).chart).toBe('https://grafana/d/1')
  expect(linksOf({}, { publicUrl: '', signingKey: '', logs: {} })).toEqual({
    runbook: 'https://wiki.example.com/errors',
  })
  expect(linksOf({}, { signingKey: '' })).not.toHaveProperty('acknowledge')
})

test('messages show no link that is of no use any more, and none that is not of the web', () => {
  const links = {
    acknowledge: 'https://t/a',
    resolve: 'https://t/r',
    runbook: 'javascript:alert(1)',
    logs: 'https://u:p@logs/',
  }
  const shown = (status: IncidentView['status']) =>
    contentOf(message({}, { links, status })).links.map(({ name }) => name)
  expect(shown('firing')).toEqual(['acknowledge', 'resolve'])
  expect(shown('acknowledged')).toEqual(['resolve'])
  expect(shown('resolved')).toEqual([])
})
