import { afterEach, beforeEach, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { seededRandom } from '../../test/random.js'
import type { Channel } from './channel.js'
import { createChannel } from './create-channel.js'
import type { Outbox } from './outbox.js'
import { Pace } from './pace.js'
import { Sender } from './sender.js'
import { MemoryOutbox } from './testing/memory-outbox.js'
import { message } from './testing/messages.js'
import { type Behaviour, fetchHere, type Service, startService } from './testing/service.js'

const INCIDENTS = 60
const ACTIONS = ['trigger', 'acknowledge', 'resolve'] as const
const BAD: readonly Behaviour[] = [
  { status: 500 },
  { status: 503, headers: { 'retry-after': '2' } },
  { status: 429, headers: { 'retry-after': '1' } },
  'lose reply',
  'stall',
]

let service: Service
const silent = () => undefined

beforeEach(async () => {
  service = await startService({ status: 202 })
})
afterEach(() => service.close())

/** An outbox that its process has lost: what it says from then on nobody hears. */
function mortal(outbox: Outbox): { outbox: Outbox; kill(): void } {
  let isDead = false
  const gone = () => {
    if (isDead) throw new TidemarkError('TM_INTERNAL', { reason: 'the process is gone' })
  }
  return {
    outbox: {
      take: async (limit, nowMs, leaseMs) => (isDead ? [] : outbox.take(limit, nowMs, leaseMs)),
      delivered: async (...parameters) => {
        gone()
        return outbox.delivered(...parameters)
      },
      withdraw: async (...parameters) => {
        gone()
        return outbox.withdraw(...parameters)
      },
      failed: async (...parameters) => {
        gone()
        return outbox.failed(...parameters)
      },
      postpone: async (...parameters) => {
        gone()
        return outbox.postpone(...parameters)
      },
      bury: async (...parameters) => {
        gone()
        return outbox.bury(...parameters)
      },
    },
    kill: () => {
      isDead = true
    },
  }
}

test('whatever service and process suffer, each message arrives, in its order, and again only with the same key', async () => {
  const seed = Date.now()
  console.log(`seed ${seed}`)
  const random = seededRandom(seed)
  let nowMs = 1_000_000
  let inFlight = 0
  const clock = () => nowMs
  const outbox = new MemoryOutbox()
  for (const action of ACTIONS) {
    for (let i = 0; i < INCIDENTS; i++) {
      const key = `inc-${i}:${action}`
      outbox.put({ message: message({ key, action }, { incidentId: `inc-${i}` }), channel: 'hook', queuedMs: nowMs })
    }
  }
  const config = { kind: 'webhook', url: service.url, format: 'tidemark', per_minute: 1, burst: 1 } as const
  const senders: Sender[] = []
  const start = () => {
    const life = mortal(outbox)
    const hook = createChannel('hook', config, '', { fetch: fetchHere, clock })
    const channel: Channel = {
      async send(...parameters) {
        inFlight++
        return hook.send(...parameters).finally(() => inFlight--)
      },
    }
    const pace = new Pace({ perMinute: 60_000, burst: 1000 })
    const sender = new Sender(
      {
        outbox: life.outbox,
        channels: new Map([['hook', { channel, pace }]]),
        complete: (whole) => whole,
        observer: { sent: silent, failed: silent, dead: silent },
        logger: { debug: silent, info: silent, warn: silent, error: silent },
        clock,
        random,
      },
      { concurrency: 16, timeoutMs: 500, giveUpMs: 1e9, pollMs: 2 },
    )
    senders.push(sender)
    sender.start()
    return life
  }

  let life = start()
  for (let round = 0; outbox.rows.some(({ state }) => state === 'waiting'); round++) {
    if (round > 5000) throw new Error('it does not come to an end')
    const isBad = round < 400
    if (isBad && service.next.length === 0 && random() < 0.3) service.next.push(BAD[Math.floor(random() * BAD.length)])
    if (round % 5 === 4 && round < 100) {
      life.kill()
      life = start()
    }
    // What takes real time must not outlive its lease, which is kept in the time of the test.
    nowMs += inFlight > 0 ? 20 : 2000
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(senders.map((sender) => sender.stop()))

  expect(outbox.rows.map(({ state }) => state)).toEqual(outbox.rows.map(() => 'delivered'))
  const taken = service.received.filter(({ isTaken }) => isTaken)
  const keys = taken.map(({ headers }) => String(headers['idempotency-key']))
  expect(new Set(keys)).toEqual(new Set(outbox.rows.map((row) => row.message.key)))
  console.log(
    `${keys.length - outbox.rows.length} of ${keys.length} messages that were taken came again, after ${service.received.length} requests`,
  )
  for (let i = 0; i < INCIDENTS; i++) {
    const firsts = [...new Set(keys.filter((key) => key.startsWith(`inc-${i}:`)))]
    expect(firsts).toEqual(ACTIONS.map((action) => `inc-${i}:${action}`))
  }
})
