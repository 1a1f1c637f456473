import type { ChannelOf } from '../../schemas/config/channels.js'
import type { Channel, Message } from './channel.js'
import { contentOf, plainText } from './content.js'
import { deliveryOf, type HttpParts, post } from './http.js'
import { clip, oneLine } from './text.js'

/** Opsgenie, or what understands its Alert API. The incident's id is the alias by which it knows an alert. */
export function opsgenie({ api_key, url, responders }: ChannelOf<'opsgenie'>, parts: HttpParts): Channel {
  const headers = { authorization: `GenieKey ${api_key}` }
  return {
    async send(message, signal) {
      const { path, body } = opsgenieRequest(message, responders)
      const request = { url: `${url}${path}`, body: JSON.stringify(body), headers, secrets: [api_key] }
      const answer = await post(parts, request, signal)
      return 'status' in answer ? deliveryOf(answer) : answer
    },
  }
}

/** What is posted where for a message: https://docs.opsgenie.com/docs/alert-api */
export function opsgenieRequest(
  message: Message,
  responders: ChannelOf<'opsgenie'>['responders'] = [],
): { path: string; body: Record<string, unknown> } {
  const { incident, action } = message
  const alias = clip(oneLine(incident.incidentId), 512)
  const ofAlert = (verb: string) => `/v2/alerts/${encodeURIComponent(alias)}/${verb}?identifierType=alias`
  const by = { source: 'Tidemark', ...(incident.acknowledgedBy && { user: clip(incident.acknowledgedBy, 100) }) }
  const content = contentOf(message)
  const note = withoutTags(clip(plainText(content), 20_000))
  switch (action) {
    case 'trigger':
      return { path: '/v2/alerts', body: { ...created(message, alias), ...(responders.length > 0 && { responders }) } }
    case 'acknowledge':
      return { path: ofAlert('acknowledge'), body: by }
    case 'resolve':
      return { path: ofAlert('close'), body: { ...by, note } }
    case 'update':
    case 'remind':
      return { path: ofAlert('notes'), body: { ...by, note } }
  }
}

function created(message: Message, alias: string) {
  const { incident } = message
  const content = contentOf(message)
  const details = Object.entries(incident.groupLabels).slice(0, 50)
  return {
    message: withoutTags(clip(oneLine(incident.title), 130)) || 'alert',
    alias,
    description: withoutTags(clip(plainText(content), 14_000)),
    priority: incident.severity,
    source: 'Tidemark',
    entity: clip(oneLine(incident.groupLabels.service ?? incident.rule), 512),
    details: Object.fromEntries(details.map(([name, value]) => [name, clip(oneLine(value), 150)])),
  }
}

/** Opsgenie shows HTML; another bracket keeps what only looks like a tag from being one. */
function withoutTags(text: string): string {
  return text.replace(/<(?=[a-z/!?])/gi, '‹')
}
