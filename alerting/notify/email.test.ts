import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ChannelOf } from '../../schemas/config/channels.js'
import type { Delivery, Message } from './channel.js'
import { contentOf } from './content.js'
import { email, htmlOf, mailOf } from './email.js'
import { type MailServer, startMailServer } from './testing/mail-server.js'
import { message } from './testing/messages.js'

let server: MailServer

beforeEach(async () => {
  server = await startMailServer()
})
afterEach(() => server.close())

const config = (change: object = {}): ChannelOf<'email'> => ({
  kind: 'email',
  to: ['team@example.com'],
  from: 'Tidemark <tidemark@example.com>',
  host: '127.0.0.1',
  port: server.port,
  encryption: 'none',
  username: 'ann',
  password: 's3cret-pass',
  per_minute: 60,
  burst: 10,
  ...change,
})

function send(sent: Message, change: object = {}, timeoutMs = 5000): Promise<Delivery> {
  return email(config(change)).send(sent, AbortSignal.timeout(timeoutMs))
}

test('a mail has text and HTML, and says who it is from', async () => {
  const delivery = await send(message())
  expect(delivery).toMatchObject({
    outcome: 'delivered',
    reference: expect.stringMatching(/^<[0-9a-f]{32}@example\.com>$/),
  })
  const [{ to, text }] = server.mails
  expect(to).toEqual(['team@example.com'])
  expect(text).toContain('Subject: [P1 firing] api: error_rate > 5% on 2/4 hosts in us-east-1')
  expect(text).toContain('Content-Type: text/plain')
  expect(text).toContain('Content-Type: text/html')
  expect(text).toContain('Auto-Submitted: auto-generated')
})

test('a person who is on call gets it instead of the list', async () => {
  await send(message({ recipient: 'bea@example.com' }))
  expect(server.mails[0].to).toEqual(['bea@example.com'])
})

test('the mails of an incident stand in one thread, and each keeps its id when it is sent again', () => {
  const first = mailOf(message(), config())
  const again = mailOf(message(), config())
  const later = mailOf(message({ key: 'inc-1:resolve', action: 'resolve', reference: '<first@example.com>' }), config())
  expect(again.messageId).toBe(first.messageId)
  expect(later.messageId).not.toBe(first.messageId)
  expect(later.inReplyTo).toBe('<first@example.com>')
  expect((later.references as string[])[0]).toBe((first.references as string[])[0])
})

test.each<[string, MailServer['next'][number], Partial<Delivery>]>([
  ['451 at the address', { at: 'rcpt', code: 451 }, { outcome: 'later' }],
  ['550 at the address', { at: 'rcpt', code: 550 }, { outcome: 'refused' }],
  ['421 after the mail', { at: 'data', code: 421 }, { outcome: 'later' }],
  ['554 after the mail', { at: 'data', code: 554 }, { outcome: 'refused' }],
  ['nothing, though it has the mail', 'lose reply', { outcome: 'later' }],
])('a server that says %s', async (_, behaviour, delivery) => {
  server.next = [behaviour]
  expect(await send(message())).toMatchObject(delivery)
})

test('a server that stalls is asked again later', async () => {
  server.next = ['stall']
  expect(await send(message(), {}, 300)).toMatchObject({ outcome: 'later', reason: 'SMTP no answer in time' })
})

test('a wrong password is refused, and not shown', async () => {
  const delivery = await send(message(), { password: 'wrong-pass' })
  expect(delivery).toMatchObject({ outcome: 'refused' })
  expect(JSON.stringify(delivery)).not.toContain('wrong-pass')
})

test('a server without encryption gets no mail where encryption is wanted', async () => {
  expect(await send(message(), { encryption: 'starttls' })).toMatchObject({
    outcome: expect.not.stringMatching('delivered'),
  })
  expect(server.mails).toEqual([])
})

test('what labels hold adds no header and no tag', () => {
  const hostile = message({}, { title: 'x\r\nBcc: all@example.com <img src=x onerror=alert(1)>' })
  expect(mailOf(hostile, config()).subject).not.toMatch(/[\r\n]/)
  expect(htmlOf(contentOf(hostile))).not.toContain('<img')
})
