import { createHash } from 'node:crypto'
import nodemailer, { type SendMailOptions } from 'nodemailer'
import type { ChannelOf } from '../../schemas/config/channels.js'
import type { Channel, Delivery, Message } from './channel.js'
import { type Content, contentOf, plainText } from './content.js'
import { withoutSecrets } from './http.js'
import { clip, oneLine } from './text.js'

/** A server that says nothing for this long has stalled, ms. */
const STALLED_MS = 10_000
const ADDRESS = /^[^\s@,;<>"]+@[^\s@,;<>"]+$/

/** E-mail by SMTP. The mails of an incident stand in one thread. */
export function email(config: ChannelOf<'email'>): Channel {
  const { host, port, encryption, username, password } = config
  const transport = nodemailer.createTransport({
    host,
    port,
    secure: encryption === 'tls',
    requireTLS: encryption === 'starttls',
    ignoreTLS: encryption === 'none',
    ...(username && { auth: { user: username, pass: password } }),
    connectionTimeout: STALLED_MS,
    greetingTimeout: STALLED_MS,
    socketTimeout: STALLED_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(message, signal) {
      const secrets = [password ?? '', username ?? '']
      try {
        const sent = await within(transport.sendMail(mailOf(message, config)), signal)
        const refused = sent.rejected.length > 0 ? `; refused: ${sent.rejected.length} of the addresses` : ''
        const said = withoutSecrets(`SMTP ${oneLine(sent.response)}${refused}`, secrets)
        return { outcome: 'delivered', reference: sent.messageId, said }
      } catch (thrown) {
        return smtpFailure(thrown as SmtpError, secrets)
      }
    },
  }
}

/** What nodemailer rejects with. */
interface SmtpError extends Error {
  code?: string
  responseCode?: number
}

/** The mail of a message. A mail that is sent again has the same Message-ID, by which mailboxes know it. */
export function mailOf(message: Message, { to, from }: Pick<ChannelOf<'email'>, 'to' | 'from'>): SendMailOptions {
  const { recipient, incident, key, reference } = message
  const content = contentOf(message)
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'tidemark.invalid'
  // No mail has this id: it is what every mail of the incident refers to, whichever of them a person got.
  const thread = messageId(`incident:${incident.incidentId}`, domain)
  return {
    from,
    to: recipient !== undefined && ADDRESS.test(recipient) ? [recipient] : [...to],
    subject: clip(content.headline, 250),
    text: plainText(content),
    html: htmlOf(content),
    messageId: messageId(`message:${key}`, domain),
    inReplyTo: reference ?? thread,
    references: reference === undefined ? [thread] : [thread, reference],
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Tidemark-Incident': oneLine(incident.incidentId) },
  }
}

function messageId(text: string, domain: string): string {
  return `<${createHash('sha256').update(text).digest('hex').slice(0, 32)}@${domain}>`
}

/** The content as a page that needs nothing from elsewhere but the picture of the chart. */
export function htmlOf({ headline, summary, facts, changes, links, image }: Content): string {
  const rows = facts.map(
    ([name, text]) => `<tr><th align="left">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`,
  )
  const anchors = links.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`)
  const items = changes.map((change) => `<li>${escapeHtml(change)}</li>`)
  return [
    '<!doctype html><html><head><meta charset="utf-8"></head><body style="font-family:sans-serif">',
    `<h2>${escapeHtml(headline)}</h2>`,
    summary ? `<p style="white-space:pre-line">${escapeHtml(summary)}</p>` : '',
    `<table cellpadding="4">${rows.join('')}</table>`,
    items.length > 0 ? `<p>What changed:</p><ul>${items.join('')}</ul>` : '',
    image === undefined ? '' : `<p><img src="${escapeHtml(image)}" alt="Chart"></p>`,
    anchors.length > 0 ? `<p>${anchors.join(' · ')}</p>` : '',
    '</body></html>',
  ].join('\n')
}

/** RFC 5321: a code of 5xx is final, 4xx passes, and so does whatever kept the server from answering. */
function smtpFailure({ responseCode, code, message }: SmtpError, secrets: readonly string[]): Delivery {
  const reason = withoutSecrets(`SMTP ${clip(oneLine(message), 300)}`, secrets)
  const isFinal = responseCode !== undefined ? responseCode >= 500 : code === 'EENVELOPE' || code === 'ENOAUTH'
  return isFinal ? { outcome: 'refused', reason } : { outcome: 'later', reason }
}

/** Rejects once the signal is given; what was begun ends by its own time-outs. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('no answer in time'))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** For text and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (letter) => names[letter])
}
