import { type ChannelText, OWN_TIMEOUT, OWN_WORDS } from './channel-text.js'
import { httpOf } from './http-config.js'
import type { Section } from './section.js'

/** Where a bot posts, as Alertmanager's file names it. */
const POST_MESSAGE = '/chat.postMessage'

/** Slack: an incoming webhook, or a bot whose token stands in `http_config`. */
export function slackChannel(one: Section, global: Section): ChannelText {
  const token = one.secret('app_token') ?? global.secret('slack_app_token')
  const app_url = one.address('app_url') ?? global.address('slack_app_url') ?? `https://slack.com/api${POST_MESSAGE}`
  const address = one.secret('api_url') ?? (token === undefined ? global.secret('slack_api_url') : undefined)
  const channel = one.address('channel')
  const send_resolved = one.flag('send_resolved') ?? false
  const { authorization } = httpOf(one, global)
  const appearance = ['username', 'icon_emoji', 'icon_url', 'link_names', 'actions', 'callback_id', 'color', 'fallback']
  const words = ['fields', 'footer', 'mrkdwn_in', 'pretext', 'short_fields', 'text', 'title', 'title_link']
  one.ignore(OWN_WORDS, ...appearance, ...words, 'image_url', 'thumb_url', 'message_text', 'update_message')
  one.ignore(OWN_TIMEOUT, 'timeout')
  const common = { kind: 'slack' as const, channel, send_resolved }
  if (address === undefined && token === undefined)
    throw one.fault('api_url', 'it is missing', 'give the address of an incoming webhook, here or as slack_api_url')
  if (address !== undefined && !address.endsWith(POST_MESSAGE)) return { ...common, webhook_url: address }
  const bot_token = token ?? /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
  if (bot_token === undefined)
    throw one.fault('http_config.authorization', 'the token of the bot is missing', 'give it as credentials')
  if (channel === undefined) throw one.fault('channel', 'it is missing', 'say which channel the bot posts to')
  return { ...common, bot_token, url: (address ?? app_url).slice(0, -POST_MESSAGE.length) }
}
