import type { ChannelOf } from '../../schemas/config/channels.js'
import type { Channel, Message } from './channel.js'
import { contentOf, type Fact } from './content.js'
import { deliveryOf, type HttpParts, post } from './http.js'
import { clip } from './text.js'

/** Teams takes messages of about 28 KB; what surrounds the texts needs some of it. */
const TEXT_LENGTH = 600
const FACTS = 8

/** Microsoft Teams, by a workflow that posts the Adaptive Card of a webhook request to a channel. */
export function teams({ webhook_url: url }: ChannelOf<'teams'>, parts: HttpParts): Channel {
  return {
    async send(message, signal) {
      const answer = await post(parts, { url, body: JSON.stringify(teamsMessage(message)), secrets: [] }, signal)
      return 'status' in answer ? deliveryOf(answer) : answer
    },
  }
}

/** The message with its card: https://adaptivecards.io/explorer/ */
export function teamsMessage(message: Message) {
  const { headline, summary, facts, changes, links, image } = contentOf(message)
  const color = { firing: 'attention', acknowledged: 'warning', resolved: 'good' }[message.incident.status]
  const body = [
    textRuns([{ text: clip(headline, TEXT_LENGTH), weight: 'bolder', size: 'large', color }]),
    ...(summary ? [textRuns([{ text: clip(summary, TEXT_LENGTH) }])] : []),
    ...facts.slice(0, FACTS).map(factRuns),
    ...changes.slice(-5).map((change) => textRuns([{ text: `• ${change}` }])),
    ...(image === undefined ? [] : [{ type: 'Image', url: image, altText: 'Chart' }]),
  ]
  const actions = links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url }))
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body,
    actions,
    msteams: { width: 'Full' },
  }
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] }
}

function factRuns([name, text]: Fact) {
  return textRuns([{ text: `${name}: `, weight: 'bolder' }, { text: clip(text, TEXT_LENGTH) }])
}

/** Runs know no Markdown, unlike every other text of a card: what labels hold stays text. */
function textRuns(runs: readonly object[]) {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run })) }
}
