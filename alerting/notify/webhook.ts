import { createHmac } from 'node:crypto'
import type { ChannelOf } from '../../schemas/config/channels.js'
import { alertmanagerMessage } from './alertmanager-message.js'
import type { Channel, Message } from './channel.js'
import { contentOf } from './content.js'
import { deliveryOf, type HttpParts, post } from './http.js'
import { printable } from './text.js'

/** Where a webhook's requests come from. */
export interface WebhookOrigin {
  /** Name of the channel, which Alertmanager's format calls the receiver. */
  name: string
  /** Where people reach this Tidemark; may be empty. */
  publicUrl: string
}

/** Any service that takes JSON. The address may be anyone's, so `parts.fetch` must be a guarded one. */
export function webhook(config: ChannelOf<'webhook'>, origin: WebhookOrigin, parts: HttpParts): Channel {
  const { url, format, secret, bearer_token, authorization, headers: further, receiver = origin.name } = config
  return {
    async send(message, signal) {
      const content =
        format === 'alertmanager'
          ? alertmanagerMessage(message, { ...origin, name: receiver })
          : webhookMessage(message)
      const body = JSON.stringify(content)
      const headers = {
        ...further,
        'idempotency-key': encodeURI(printable(message.key)),
        ...(authorization && { authorization }),
        ...(bearer_token && { authorization: `Bearer ${bearer_token}` }),
        ...(secret && signedHeaders(secret, body, Math.floor(parts.clock() / 1000))),
      }
      const secrets = [secret ?? '', bearer_token ?? '', authorization ?? '', ...Object.values(further ?? {})]
      const answer = await post(parts, { url, body, headers, secrets }, signal)
      return 'status' in answer ? deliveryOf(answer) : answer
    },
  }
}

/**
 * Headers by which a receiver knows that a request is ours and not an old one: the signature is the HMAC-SHA256 of
 * `v1:<timestamp>:<body>`.
 * @param atS Unix seconds
 */
function signedHeaders(secret: string, body: string, atS: number): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v1:${atS}:${body}`).digest('hex')
  return { 'x-tidemark-timestamp': String(atS), 'x-tidemark-signature': `v1=${signature}` }
}

/** Our own JSON: the incident as it is, and its message as text. */
function webhookMessage(message: Message) {
  const { key, action, recipient, incident } = message
  const { headline, facts, links, changes, image } = contentOf(message)
  const { alerts, startedMs, resolvedMs, links: _, ...rest } = incident
  return {
    version: 1,
    key,
    action,
    recipient,
    headline,
    incident: {
      ...rest,
      startedAt: new Date(startedMs).toISOString(),
      resolvedAt: resolvedMs === undefined ? undefined : new Date(resolvedMs).toISOString(),
      changes,
      alerts: alerts.map(({ startsMs, endsMs, ...alert }) => ({
        ...alert,
        startsAt: new Date(startsMs).toISOString(),
        endsAt: endsMs === undefined ? undefined : new Date(endsMs).toISOString(),
      })),
    },
    facts: Object.fromEntries(facts),
    links: Object.fromEntries(links.map(({ name, url }) => [name, url])),
    image,
  }
}
