import type { Message } from './channel.js'
import { type Content, contentOf } from './content.js'
import { clip } from './text.js'

/** `action_id`s of the buttons, by which an interaction says what was pressed. */
export const SLACK_ACTIONS = { acknowledge: 'tidemark_acknowledge', resolve: 'tidemark_resolve' } as const

/** Limits of Block Kit: https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_LENGTH = 150
const SECTION_LENGTH = 3000
const FIELD_LENGTH = 2000
const FIELDS = 10
const VALUE_LENGTH = 2000

/**
 * Text and blocks of a message. What labels and annotations hold stands in plain text alone, which knows no markup: it
 * can neither format anything nor mention anyone.
 * @param isInteractive whether Slack tells us which buttons are pressed; else they lead to pages
 */
export function slackMessage(message: Message, isInteractive: boolean) {
  const content = contentOf(message)
  const { headline, summary, facts, changes, image } = content
  const fields = facts.slice(0, FIELDS).map(([name, text]) => plain(clip(`${name}\n${text}`, FIELD_LENGTH)))
  const blocks: object[] = [
    { type: 'header', text: plain(clip(headline, HEADER_LENGTH)) },
    ...(headline.length > HEADER_LENGTH ? [section(headline)] : []),
    ...(summary ? [section(summary)] : []),
    ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
    ...(changes.length > 0 ? [section(['What changed', ...changes.map((change) => `• ${change}`)].join('\n'))] : []),
    ...(image === undefined ? [] : [{ type: 'image', image_url: image, alt_text: 'Chart' }]),
    ...buttons(message, content, isInteractive),
  ]
  return { text: escapeMarkup(headline), blocks, parse: 'none', link_names: false }
}

function section(text: string) {
  return { type: 'section', text: plain(clip(text, SECTION_LENGTH)) }
}

function plain(text: string) {
  return { type: 'plain_text', text, emoji: false }
}

function buttons({ incident }: Message, { links }: Content, isInteractive: boolean): object[] {
  const value = clip(incident.incidentId, VALUE_LENGTH)
  const acts = {
    firing: ['acknowledge', 'resolve'] as const,
    acknowledged: ['resolve'] as const,
    resolved: [] as const,
  }[incident.status]
  const pressed = acts.map((name) => ({
    type: 'button',
    text: plain(name === 'acknowledge' ? 'Acknowledge' : 'Resolve'),
    action_id: SLACK_ACTIONS[name],
    value,
  }))
  const led = links
    .filter(({ name }) => !(isInteractive && name in SLACK_ACTIONS))
    .map(({ name, label, url }) => ({ type: 'button', text: plain(label), action_id: `tidemark_open_${name}`, url }))
  const elements = [...(isInteractive ? pressed : []), ...led]
  return elements.length > 0 ? [{ type: 'actions', elements }] : []
}

/** https://docs.slack.dev/messaging/formatting-message-text: these three are markup, and nothing else makes links. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
