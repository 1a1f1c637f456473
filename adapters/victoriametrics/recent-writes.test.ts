import { beforeEach, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { RecentWrites } from './recent-writes.js'
import type { ServerFacts } from './server-facts.js'

let nowMs: number
let facts: (ServerFacts | undefined)[]
let fails: number
let sent: string[]
let recent: RecentWrites

const server = (startedAt: string): ServerFacts => ({ startedAt, dedupMs: 0 })

beforeEach(async () => {
  nowMs = 0
  facts = [server('1')]
  fails = 0
  sent = []
  recent = new RecentWrites({
    client: {
      write: async (body) => {
        sent.push(Buffer.from(body).toString())
      },
      facts: async () => {
        if (fails-- > 0) throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason: 'down' })
        return facts.length > 1 ? facts.shift() : facts[0]
      },
    },
    clock: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
    },
    onError: (error) => {
      throw error
    },
    onFacts: () => undefined,
  })
  recent.doubt()
  await settle()
})

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const keep = (text: string) => recent.keep(Buffer.from(text))

test('a server that is the same process as before is sent nothing', async () => {
  keep('a')
  recent.doubt()
  await settle()
  expect(sent).toEqual([])
})

test('a server that started anew is sent what the one before took last', async () => {
  keep('a')
  nowMs += 29_000
  keep('b')
  nowMs += 2000
  keep('c')
  facts = [server('2')]
  recent.doubt()
  await settle()
  expect(sent).toEqual(['b', 'c'])
  recent.doubt()
  await settle()
  expect(sent).toEqual(['b', 'c'])
})

test('however long it is away', async () => {
  keep('a')
  facts = [server('2')]
  fails = 8
  recent.doubt()
  keep('b')
  await settle()
  expect(nowMs).toBeGreaterThan(20_000)
  expect(sent).toEqual(['a', 'b'])
})

test('a server that does not say when it started is sent all of it whenever a connection changed', async () => {
  keep('a')
  facts = [undefined]
  recent.doubt()
  await settle()
  recent.doubt()
  await settle()
  expect(sent).toEqual(['a', 'a'])
})

test('memory is bounded: the oldest go first', async () => {
  const large = Buffer.alloc(40 << 20, 'x')
  keep('old')
  recent.keep(large)
  recent.keep(large)
  facts = [server('2')]
  recent.doubt()
  await settle()
  expect(sent.map((text) => text.length)).toEqual([large.length])
})
