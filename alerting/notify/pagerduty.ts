import type { ChannelOf } from '../../schemas/config/channels.js'
import type { Severity } from '../../schemas/severity.js'
import type { Channel, Message, MessageAction } from './channel.js'
import { contentOf } from './content.js'
import { deliveryOf, type HttpParts, post } from './http.js'
import { clip, oneLine } from './text.js'

/** PagerDuty's words for a severity. */
const SEVERITIES: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  P1: 'critical',
  P2: 'error',
  P3: 'warning',
  P4: 'info',
}

/** A trigger that repeats a key brings the alert up to date and opens no second one. */
const EVENT_ACTIONS: Readonly<Record<MessageAction, 'trigger' | 'acknowledge' | 'resolve'>> = {
  trigger: 'trigger',
  update: 'trigger',
  remind: 'trigger',
  acknowledge: 'acknowledge',
  resolve: 'resolve',
}

/** PagerDuty, by its Events API v2. The incident's id is the key by which it knows events of one incident. */
export function pagerDuty({ routing_key, url }: ChannelOf<'pagerduty'>, parts: HttpParts): Channel {
  return {
    async send(message, signal) {
      const body = JSON.stringify(pagerDutyEvent(message, routing_key))
      const answer = await post(parts, { url, body, secrets: [routing_key] }, signal)
      return 'status' in answer ? deliveryOf(answer) : answer
    },
  }
}

/** The event of a message: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
export function pagerDutyEvent(message: Message, routingKey: string) {
  const { incidentId } = message.incident
  const event_action = EVENT_ACTIONS[message.action]
  const event = { routing_key: routingKey, event_action, dedup_key: clip(incidentId, 255) }
  return event_action === 'trigger' ? { ...event, ...described(message) } : event
}

function described(message: Message) {
  const { title, severity, groupLabels, hosts, startedMs, rule } = message.incident
  const { facts, links, changes, summary, image } = contentOf(message)
  const incident = links.find(({ name }) => name === 'incident')
  return {
    payload: {
      summary: firstText([title, rule, 'alert'], 1024),
      source: firstText([hosts.firing[0], groupLabels.service, rule, 'tidemark'], 255),
      severity: SEVERITIES[severity],
      timestamp: new Date(startedMs).toISOString(),
      class: clip(oneLine(rule), 255),
      ...(groupLabels.service && { component: clip(oneLine(groupLabels.service), 255) }),
      ...(groupLabels.region && { group: clip(oneLine(groupLabels.region), 255) }),
      custom_details: {
        ...Object.fromEntries(facts),
        ...(summary && { Summary: summary }),
        ...(changes.length > 0 && { 'What changed': changes.join('\n') }),
      },
    },
    client: 'Tidemark',
    ...(incident && { client_url: incident.url }),
    links: links.map(({ label, url }) => ({ href: url, text: label })),
    images: image === undefined ? [] : [{ src: image, alt: 'Chart' }],
  }
}

/** The first of the texts that says anything. */
function firstText(texts: readonly (string | undefined)[], limit: number): string {
  const lines = texts.map((text) => oneLine(text ?? ''))
  return clip(lines.find((line) => line !== '') ?? '', limit)
}
