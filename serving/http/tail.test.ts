import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { eventually } from '../../test/contract/eventually.js'
import { createSeriesSource } from '../source.js'
import { fakeViews, type TestPoint } from '../testing/fake-views.js'
import { installErrorHandler } from './errors.js'
import { registerTailRoutes } from './tail.js'

const T0 = Date.parse('2026-03-01T00:00:00Z')
const PACE = { everyMs: 1, idleMs: 600_000 }

let app: FastifyInstance
let address: string
let views: ReturnType<typeof fakeViews>
let points: TestPoint[]
let failure: Error | undefined
let clients: AbortController[]

beforeEach(async () => {
  points = []
  failure = undefined
  clients = []
  views = fakeViews({
    points,
    frontierMs: T0,
    coveredFromMs: T0,
    nowMs: T0 + 60_000,
    limits: { tails: 2 },
    fail: () => failure,
  })
  app = Fastify({ forceCloseConnections: true })
  installErrorHandler(app)
  registerTailRoutes(app, createSeriesSource(views), views, PACE)
  address = await app.listen({ host: '127.0.0.1', port: 0 })
  sees('up', 1)
})
afterEach(async () => {
  for (const client of clients) client.abort()
  await app.close()
})

/** From now on the series has this value. */
function sees(metric: string, value: number): void {
  const series = Series.of(metric, { host: 'a' }, Kind.Sample)
  points.push({ series, timeMs: T0 + 10_000 + points.length, value })
}

interface Event {
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server sent
  data: any
}

/** Opens a tail and gives its events one by one. */
async function open(query: string) {
  const client = new AbortController()
  clients.push(client)
  const url = `${address}/api/v1/tail?query=${encodeURIComponent(query)}`
  const response = await fetch(url, { signal: client.signal })
  let events: AsyncGenerator<Event> | undefined
  const next = async () => {
    events ??= eventsOf(response.body as ReadableStream<Uint8Array>)
    return (await events.next()).value as Event
  }
  const value = async () => (await next()).data.data.result.map((one: { value: [number, string] }) => one.value[1])
  return { client, response, next, value }
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1] ?? ''
      yield { event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') }
    }
  }
}

test('begins with the answer of now, as a query gives it', async () => {
  const { response, next } = await open('up')
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await next()).toMatchObject({
    event: 'result',
    data: {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: { __name__: 'up', host: 'a' }, value: [T0 / 1000 + 60, '1'] }] },
      epoch: 1,
      partial: false,
      coverage: [{ view: 'batch' }, { view: 'live' }],
    },
  })
})

test('tells the new answer when windows that it reads have changed, and only then', async () => {
  const { value } = await open('up * 2')
  expect(await value()).toEqual(['2'])
  sees('up', 2)
  const reads = views.reads.live
  views.changes.changed('down', 'sideways')
  sees('up', 3)
  views.changes.changed('down', 'up')
  expect(await value()).toEqual(['6'])
  expect(views.reads.live).toBe(reads + 1)
})

test('tells it too when changes may have been missed', async () => {
  const { value } = await open('up')
  expect(await value()).toEqual(['1'])
  sees('up', 2)
  views.changes.missed()
  expect(await value()).toEqual(['2'])
})

test('an error in between is an event, and the tail goes on', async () => {
  const { value, next } = await open('up')
  await value()
  failure = new TidemarkError('TM_QUERY_SAMPLES', { limit: 1 })
  views.changes.changed('up')
  const { event, data } = await next()
  expect([event, data.status, data.code]).toEqual(['error', 'error', 'TM_QUERY_SAMPLES'])
  failure = undefined
  views.changes.changed('up')
  expect(await value()).toEqual(['1'])
})

test.each([
  ['up{', 'TM_QUERY_SYNTAX'],
  ['up + on (host) {__name__=~"u(p"}', 'TM_QUERY_REGEX'],
])('of %s is refused as a query is', async (query, code) => {
  const { response } = await open(query)
  expect(response.status).toBe(400)
  expect(await response.text()).toContain(code)
  expect(views.changes.listeners.size).toBe(0)
})

test('ends with its client: nobody watches for it any more', async () => {
  const { client, value } = await open('up')
  await value()
  expect(views.changes.listeners.size).toBe(1)
  client.abort()
  await eventually(() => expect(views.changes.listeners.size).toBe(0))
})

test('as many as the limit allows are open at a time, one more is not', async () => {
  const first = await open('up')
  await open('up')
  const third = await open('up')
  expect(third.response.status).toBe(429)
  expect(third.response.headers.get('retry-after')).toBe('1')
  first.client.abort()
  await eventually(async () => {
    const { response } = await open('up')
    if (response.status !== 200) throw new Error('the first one still counts')
  })
})

test('a client that does not read keeps nothing waiting for it but one event', async () => {
  const wide = Array.from({ length: 900 }, (_, i) =>
    Series.of('wide', { host: `h${i}`.padEnd(3000, 'x') }, Kind.Sample),
  )
  for (const series of wide) points.push({ series, timeMs: T0 + 10_000, value: 1 })
  const { next } = await open('wide')
  let reads = views.reads.live
  // The socket takes some events; from then on none is made.
  await eventually(async () => {
    const before = views.reads.live
    for (let i = 0; i < 20; i++) {
      views.changes.changed('wide')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    reads = views.reads.live
    expect(reads).toBe(before)
  }, 30_000)
  const kinds: string[] = []
  while (kinds.at(-1) !== 'skipped') kinds.push((await next()).event)
  expect((await next()).event).toBe('result')
  expect(kinds.slice(0, -1).every((kind) => kind === 'result')).toBe(true)
  expect(kinds.length).toBeLessThanOrEqual(reads + 1)
})
