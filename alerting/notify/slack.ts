import type { ChannelOf } from '../../schemas/config/channels.js'
import type { Channel, Delivery, Message } from './channel.js'
import { type Answer, deliveryOf, type HttpParts, post, withoutSecrets } from './http.js'
import { slackMessage } from './slack-blocks.js'

/** Errors of the Web API that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'ratelimited',
  'rate_limited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
  'message_limit_exceeded',
])
/** Errors that say that a message can be updated no more: it is written anew. */
const NOT_UPDATABLE: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
])
/** How Slack names rooms and people. */
const SLACK_ID = /^[CDGUW][A-Z0-9]{7,}$/

/** Slack: by a bot, whose messages are updated in place, or by an incoming webhook, which only ever writes new ones. */
export function slack(name: string, config: ChannelOf<'slack'>, parts: HttpParts): Channel {
  const { webhook_url, bot_token, url, channel, signing_secret } = config
  const isInteractive = signing_secret !== undefined
  if (bot_token === undefined) return incomingWebhook(webhook_url ?? '', { name: channel ?? '', isInteractive }, parts)
  const room = { name: channel ?? name.replace(/^slack:/, ''), isInteractive }
  return bot(room, url, bot_token, parts)
}

/** @param room whose name is empty where the address says it all */
function incomingWebhook(url: string, room: SlackRoom, parts: HttpParts): Channel {
  return {
    async send(message, signal) {
      const content = slackMessage(message, room.isInteractive)
      const body = JSON.stringify({ ...content, ...(room.name !== '' && { channel: room.name }) })
      const answer = await post(parts, { url, body, secrets: [] }, signal)
      return 'status' in answer ? deliveryOf(answer) : answer
    },
  }
}

function bot(room: SlackRoom, apiUrl: string, token: string, parts: HttpParts): Channel {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' }
  const call = async ({ method, body }: SlackCall, signal: AbortSignal): Promise<Delivery> => {
    const request = { url: `${apiUrl}/${method}`, body: JSON.stringify(body), headers, secrets: [token] }
    const answer = await post(parts, request, signal)
    return 'status' in answer ? apiDelivery(answer, token) : answer
  }
  return {
    async send(message, signal) {
      const first = slackCall(message, room)
      const delivery = await call(first, signal)
      if (first.method === 'chat.postMessage') return withFirstReference(delivery, message)
      const isGone = delivery.outcome === 'refused' && NOT_UPDATABLE.has(delivery.reason)
      return isGone ? call(slackCall({ ...message, reference: undefined }, room), signal) : delivery
    },
  }
}

/** Where a bot writes. */
export interface SlackRoom {
  /** `#alerts`, or an id. */
  name: string
  /** Whether Slack tells us which buttons are pressed. */
  isInteractive: boolean
}

/** A call of the Web API. */
export interface SlackCall {
  method: 'chat.postMessage' | 'chat.update'
  body: Record<string, unknown>
}

/**
 * What is asked of Slack for a message. The incident's message is updated in place; what must ring again (a page, a
 * reminder) goes into its thread and to the room, for an update rings nowhere.
 */
export function slackCall(message: Message, room: SlackRoom): SlackCall {
  const { recipient, reference, action } = message
  const content = slackMessage(message, room.isInteractive)
  const [channel, ts] = reference?.split(':') ?? []
  const isSilent = action === 'update' || action === 'acknowledge' || action === 'resolve'
  if (ts !== undefined && isSilent) return { method: 'chat.update', body: { channel, ts, ...content } }
  const isRoom = recipient !== undefined && (recipient.startsWith('#') || SLACK_ID.test(recipient))
  const isElsewhere = isRoom && recipient !== room.name && recipient !== channel
  const plain = { ...content, unfurl_links: false, unfurl_media: false }
  return ts === undefined || isElsewhere
    ? { method: 'chat.postMessage', body: { channel: isRoom ? recipient : room.name, ...plain } }
    : { method: 'chat.postMessage', body: { channel, thread_ts: ts, reply_broadcast: true, ...plain } }
}

/** Slack says in the body whether it took a call. */
function apiDelivery(answer: Answer, token: string): Delivery {
  const delivery = deliveryOf(answer)
  if (delivery.outcome !== 'delivered') return delivery
  const { ok, error, channel, ts } = parsed(answer.text)
  if (ok === true)
    return { outcome: 'delivered', reference: channel && ts ? `${channel}:${ts}` : undefined, said: answer.said }
  const reason = withoutSecrets(String(error ?? answer.said), [token])
  const { retryAfterMs } = answer
  return PASSING.has(reason) || ok === undefined
    ? { outcome: 'later', reason, retryAfterMs }
    : { outcome: 'refused', reason }
}

/** Later messages are about the first one, not about what was said in its thread. */
function withFirstReference(delivery: Delivery, { reference }: Message): Delivery {
  return delivery.outcome === 'delivered' && reference !== undefined ? { ...delivery, reference } : delivery
}

function parsed(text: string): { ok?: boolean; error?: string; channel?: string; ts?: string } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
