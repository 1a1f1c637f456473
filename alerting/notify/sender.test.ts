import { afterEach, beforeEach, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { seededRandom } from '../../test/random.js'
import type { Channel, Message } from './channel.js'
import { createChannel } from './create-channel.js'
import { Pace } from './pace.js'
import { type PacedChannel, Sender, type SenderParts, type SenderSettings } from './sender.js'
import { MemoryOutbox } from './testing/memory-outbox.js'
import { message } from './testing/messages.js'
import { fetchHere, type Service, startService } from './testing/service.js'

let service: Service
let outbox: MemoryOutbox
let nowMs: number
let senders: Sender[]
const counts = { sent: 0, failed: 0, dead: 0 }
const waits: number[] = []
const logged: string[] = []

beforeEach(async () => {
  service = await startService({ status: 202, body: { status: 'success' } })
  outbox = new MemoryOutbox()
  nowMs = 1_000_000
  senders = []
  Object.assign(counts, { sent: 0, failed: 0, dead: 0 })
  waits.length = 0
  logged.length = 0
})
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.stop()))
  await service.close()
})

const log = (_: object, text: string) => void logged.push(text)

function pagerDuty(pace = { perMinute: 6000, burst: 1000 }): PacedChannel {
  const config = { kind: 'pagerduty', routing_key: 'R-s3cret', url: service.url, per_minute: 1, burst: 1 } as const
  const channel = createChannel('pagerduty:a', config, '', { fetch: fetchHere, clock: () => nowMs })
  return { channel, pace: new Pace(pace) }
}

function start(
  channels: Record<string, PacedChannel> = { 'pagerduty:a': pagerDuty() },
  settings: Partial<SenderSettings> = {},
  parts: Partial<SenderParts> = {},
): Sender {
  const sender = new Sender(
    {
      outbox,
      channels: new Map(Object.entries(channels)),
      complete: (whole) => whole,
      observer: {
        sent: (_, waitedMs) => {
          counts.sent++
          waits.push(waitedMs)
        },
        failed: () => void counts.failed++,
        dead: () => void counts.dead++,
      },
      logger: { debug: log, info: log, warn: log, error: log },
      clock: () => nowMs,
      random: seededRandom(1),
      ...parts,
    },
    { concurrency: 8, timeoutMs: 2000, giveUpMs: 3_600_000, pollMs: 5, ...settings },
  )
  senders.push(sender)
  sender.start()
  return sender
}

function put(key: string, change: Partial<Message> = {}, channel = 'pagerduty:a', incidentId = 'inc-1'): void {
  outbox.put({ message: message({ key, ...change }, { incidentId }), channel, queuedMs: nowMs })
}

/** Lets time pass until something holds. */
async function until(holds: () => boolean, stepMs = 0): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return
    nowMs += stepMs
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`it never came to be: ${holds}`)
}
const isSettled = () => outbox.rows.every(({ state }) => state !== 'waiting')
const actions = () => service.received.map(({ text }) => JSON.parse(text).event_action)

test('what is put into the outbox is sent once, and how long it waited is known', async () => {
  const sender = start()
  put('a')
  nowMs += 40
  sender.wake()
  await until(isSettled)
  await sender.stop()
  expect(service.received).toHaveLength(1)
  expect(outbox.row('a').state).toBe('delivered')
  expect(counts).toEqual({ sent: 1, failed: 0, dead: 0 })
  expect(waits).toEqual([40])
})

test('a service that fails, stalls and loses a reply gets the message again, with the same key', async () => {
  service.next = [{ status: 500 }, 'lose reply', 'stall', { status: 429, headers: { 'retry-after': '60' } }]
  put('a')
  start(undefined, { timeoutMs: 100 })
  await until(isSettled, 100)
  expect(service.received).toHaveLength(5)
  expect(new Set(service.received.map(({ text }) => JSON.parse(text).dedup_key))).toEqual(new Set(['inc-1']))
  expect(outbox.row('a').state).toBe('delivered')
  expect(counts).toEqual({ sent: 1, failed: 4, dead: 0 })
})

test('Retry-After holds back whatever else goes to the channel', async () => {
  service.next = [{ status: 429, headers: { 'retry-after': '60' } }]
  put('a')
  start()
  await until(() => service.received.length === 1)
  await until(() => outbox.row('a').reason?.startsWith('HTTP 429') ?? false)
  put('b', {}, 'pagerduty:a', 'inc-2')
  await until(() => outbox.row('b').reason === 'the channel has reached its rate')
  expect(outbox.row('b').dueMs).toBeGreaterThanOrEqual(nowMs + 60_000)
  await until(isSettled, 1000)
  expect(service.received).toHaveLength(3)
})

test('the messages of one incident and channel go in their order, and wait for the first', async () => {
  service.next = [{ status: 503 }, { status: 503 }]
  put('1', { action: 'trigger' })
  put('2', { action: 'acknowledge' })
  put('3', { action: 'resolve' })
  start()
  await until(isSettled, 50)
  expect(actions()).toEqual(['trigger', 'trigger', 'trigger', 'acknowledge', 'resolve'])
})

test('an incident whose channel fails does not keep others waiting', async () => {
  const broken: Channel = { send: async () => ({ outcome: 'later', reason: 'down' }) }
  start({ 'pagerduty:a': pagerDuty(), broken: { channel: broken, pace: new Pace({ perMinute: 600, burst: 100 }) } })
  for (let i = 0; i < 20; i++) put(`broken-${i}`, {}, 'broken', `b-${i}`)
  put('a')
  await until(() => outbox.row('a').state === 'delivered')
  expect(counts.sent).toBe(1)
})

test('no more are on their way at once than are allowed', async () => {
  let now = 0
  let most = 0
  const slow: Channel = {
    async send() {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
      return { outcome: 'delivered' }
    },
  }
  for (let i = 0; i < 40; i++) put(String(i), {}, 'slow', `inc-${i}`)
  start({ slow: { channel: slow, pace: new Pace({ perMinute: 60_000, burst: 1000 }) } }, { concurrency: 4 })
  await until(isSettled)
  expect(most).toBe(4)
})

test('a channel gets no more a minute than it takes', async () => {
  for (let i = 0; i < 5; i++) put(String(i), {}, 'pagerduty:a', `inc-${i}`)
  start({ 'pagerduty:a': pagerDuty({ perMinute: 60, burst: 2 }) })
  await until(() => outbox.rows.filter(({ reason }) => reason === 'the channel has reached its rate').length === 3)
  await until(() => counts.sent === 2)
  expect(service.received).toHaveLength(2)
  expect(outbox.rows.map(({ dueMs }) => dueMs - nowMs).filter((ms) => ms <= 3000)).toEqual([1000, 2000, 3000])
  await until(isSettled, 100)
  expect(counts).toEqual({ sent: 5, failed: 0, dead: 0 })
})

test('what is refused, or not taken for too long, is a dead letter until somebody sends it again', async () => {
  service.next = [{ status: 400, body: 'invalid routing key R-s3cret' }]
  service.usual = { status: 503 }
  put('refused', {}, 'pagerduty:a', 'inc-1')
  start(undefined, { giveUpMs: 60_000 })
  await until(() => outbox.row('refused').state === 'dead')
  put('old', {}, 'pagerduty:a', 'inc-2')
  put('lost', {}, 'pager:b', 'inc-3')
  await until(isSettled, 500)
  const reasons = (await outbox.dead(10)).map(({ reason }) => reason)
  expect(reasons).toEqual([
    'HTTP 400: invalid routing key ***',
    expect.stringMatching(/^given up after 0 h and \d+ attempts: HTTP 503$/),
    'there is no channel "pager:b"',
  ])
  expect(logged.join()).not.toContain('s3cret')
  expect(counts.dead).toBe(3)
  service.usual = { status: 202 }
  expect(await outbox.resend('old', nowMs)).toBe(1)
  await until(() => outbox.row('old').state === 'delivered', 500)
})

test('what was sent is written down though the catalog is away for a moment, and not sent again', async () => {
  let failures = 3
  const delivered = outbox.delivered.bind(outbox)
  outbox.delivered = async (...parameters) => {
    if (failures-- > 0) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'gone' })
    return delivered(...parameters)
  }
  put('a')
  start(undefined, {}, { random: () => 0 })
  await until(isSettled)
  expect(service.received).toHaveLength(1)
})

/** The outbox, of which nothing is heard before then. */
function awayUntil(backMs: () => number): SenderParts['outbox'] {
  const gone = () => {
    if (nowMs < backMs()) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'gone' })
  }
  const reached = Object.fromEntries(
    (['take', 'delivered', 'failed', 'bury', 'postpone'] as const).map((name) => [
      name,
      async (...parameters: never[]) => {
        gone()
        return (outbox[name] as (...all: never[]) => Promise<unknown>).apply(outbox, parameters)
      },
    ]),
  )
  return reached as unknown as SenderParts['outbox']
}

test('what was sent is not sent again though the catalog is away for 20 s, or for longer than it was reserved', async () => {
  for (const awayMs of [20_000, 300_000]) {
    service.received.length = 0
    let backMs = Number.NEGATIVE_INFINITY
    const away = awayUntil(() => backMs)
    const taken: string[] = []
    const seen = {
      ...away,
      take: async (...parameters: Parameters<typeof away.take>) => {
        const messages = await away.take(...parameters)
        taken.push(...messages.map(({ message }) => message.key))
        return messages
      },
    }
    const key = `away ${awayMs}`
    put(key)
    const first = start(undefined, {}, { outbox: seen, random: () => 0 })
    await until(() => taken.length > 0)
    backMs = nowMs + awayMs
    const second = start(undefined, {}, { outbox: away, random: () => 0 })
    await until(() => nowMs >= backMs, awayMs / 500)
    await until(isSettled, 2)
    await Promise.all([first.stop(), second.stop()])
    expect(service.received).toHaveLength(1)
    expect(outbox.row(key).state).toBe('delivered')
  }
})

test('one that was halted for longer than a message was reserved does not send it', async () => {
  const take = outbox.take.bind(outbox)
  let halts = 1
  outbox.take = async (...parameters) => {
    const messages = await take(...parameters)
    if (messages.length > 0 && halts-- > 0) nowMs += 40_000
    return messages
  }
  put('a')
  put('b', {}, 'pagerduty:a', 'inc-2')
  const sender = start()
  await until(() => outbox.row('a').attempts === 2)
  await until(isSettled)
  await sender.stop()
  expect(service.received).toHaveLength(2)
  expect(outbox.rows.map(({ attempts }) => attempts)).toEqual([2, 2])
})

test('waiting for the pace of a channel is no attempt', async () => {
  for (const key of ['1', '2', '3']) put(key, {}, 'pagerduty:a', `inc-${key}`)
  start({ 'pagerduty:a': pagerDuty({ perMinute: 60, burst: 1 }) })
  await until(isSettled, 100)
  expect(outbox.rows.map(({ attempts }) => attempts)).toEqual([1, 1, 1])
})

test('an outbox that cannot be read is read again', async () => {
  const take = outbox.take.bind(outbox)
  let failures = 1
  outbox.take = async (...parameters) => {
    if (failures-- > 0) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'gone' })
    return take(...parameters)
  }
  put('a')
  start(undefined, {}, { random: () => 0 })
  await until(isSettled)
  expect(logged[0]).toContain('the outbox cannot be read')
})

test('stopping waits for what is on its way, and leaves the rest for whoever comes next', async () => {
  let finish: (() => void) | undefined
  const slow: Channel = {
    send: () =>
      new Promise((resolve) => {
        finish = () => resolve({ outcome: 'delivered' })
      }),
  }
  put('1', {}, 'slow')
  put('2', { action: 'resolve' }, 'slow')
  const sender = start({ slow: { channel: slow, pace: new Pace({ perMinute: 600, burst: 10 }) } })
  await until(() => finish !== undefined)
  const stopped = sender.stop()
  finish?.()
  await stopped
  expect(outbox.rows.map(({ state }) => state)).toEqual(['delivered', 'waiting'])
  expect(outbox.row('2').dueMs).toBeLessThanOrEqual(nowMs + 5)
})
