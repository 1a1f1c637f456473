import { type ChannelText, OWN_TIMEOUT, OWN_WORDS, type ReadIntegration } from './channel-text.js'
import { emailChannel } from './email.js'
import { httpOf } from './http-config.js'
import type { Section } from './section.js'
import { slackChannel } from './slack.js'

/** How each kind of integration is read, and by which name its channels are told apart. */
export const INTEGRATIONS: Readonly<Record<string, { kind: string; read: ReadIntegration }>> = {
  webhook_configs: { kind: 'webhook', read: webhookChannel },
  slack_configs: { kind: 'slack', read: slackChannel },
  pagerduty_configs: { kind: 'pagerduty', read: pagerDutyChannel },
  email_configs: { kind: 'email', read: emailChannel },
  opsgenie_configs: { kind: 'opsgenie', read: opsgenieChannel },
  msteams_configs: { kind: 'teams', read: teamsChannel },
  msteamsv2_configs: { kind: 'teams-workflow', read: teamsChannel },
}

function webhookChannel(one: Section, global: Section, receiver: string): ChannelText {
  const url = one.secret('url')
  if (url === undefined) throw one.fault('url', 'it is missing', 'say where requests are posted')
  const send_resolved = one.flag('send_resolved') ?? true
  const { authorization, headers } = httpOf(one, global)
  one.ignore(OWN_TIMEOUT, 'timeout')
  one.ignore('the worst hundred alerts are told', 'max_alerts')
  return { kind: 'webhook', format: 'alertmanager', receiver, url, send_resolved, authorization, headers }
}

function pagerDutyChannel(one: Section, global: Section): ChannelText {
  const [routing, service] = [one.secret('routing_key'), one.secret('service_key')]
  const routing_key = routing ?? service
  if (routing_key === undefined) throw one.fault('routing_key', 'it is missing', 'give the key of an integration')
  if (routing === undefined) one.warn('service_key', 'events are sent by Events API v2')
  const url = one.address('url') ?? global.address('pagerduty_url')
  const send_resolved = one.flag('send_resolved') ?? true
  unneeded(one, global)
  const words = ['client', 'client_url', 'description', 'severity', 'source', 'details', 'images', 'links']
  one.ignore(OWN_WORDS, ...words, 'component', 'group', 'class')
  one.ignore(OWN_TIMEOUT, 'timeout')
  return { kind: 'pagerduty', routing_key, url, send_resolved }
}

function opsgenieChannel(one: Section, global: Section): ChannelText {
  const api_key = one.secret('api_key') ?? global.secret('opsgenie_api_key')
  if (api_key === undefined) throw one.fault('api_key', 'it is missing', 'give the key of an API integration')
  const url = (one.address('api_url') ?? global.address('opsgenie_api_url'))?.replace(/\/+$/, '')
  const send_resolved = one.flag('send_resolved') ?? true
  const responders = one.list('responders').flatMap((_, i) => responderOf(one.item('responders', i)))
  unneeded(one, global)
  const words = ['message', 'description', 'source', 'details', 'tags', 'note', 'entity', 'actions']
  one.ignore(OWN_WORDS, ...words)
  one.ignore('the severity of the incident counts', 'priority')
  one.ignore('what changes is told by notes', 'update_alerts')
  return { kind: 'opsgenie', api_key, url, responders, send_resolved }
}

function responderOf(one: Section): object[] {
  const type = one.address('type')
  const [id, name, username] = ['id', 'name', 'username'].map((key) => one.address(key))
  one.end()
  if (type === 'teams') return (name ?? '').split(',').map((team) => ({ type: 'team', name: team.trim() }))
  return [{ type, ...(id && { id }), ...(name && { name }), ...(username && { username }) }]
}

function teamsChannel(one: Section, global: Section): ChannelText {
  const webhook_url = one.secret('webhook_url')
  if (webhook_url === undefined) throw one.fault('webhook_url', 'it is missing', 'give the address of the webhook')
  const send_resolved = one.flag('send_resolved') ?? true
  unneeded(one, global)
  one.ignore(OWN_WORDS, 'title', 'summary', 'text')
  return { kind: 'teams', webhook_url, send_resolved }
}

/** For services that have a way of their own to know who calls: what else is said for all is for webhooks. */
function unneeded(one: Section, global: Section): void {
  const isOwn = one.has('http_config')
  const { authorization, headers } = httpOf(one, global)
  if (!isOwn || (authorization === undefined && Object.keys(headers).length === 0)) return
  const fix = 'take it out, or send to a webhook'
  throw one.fault('http_config', 'this service is not sent headers of your own', fix)
}
