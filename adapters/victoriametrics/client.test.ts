import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VictoriaMetricsClient } from './client.js'

let server: Server
let asked: { request: IncomingMessage; body: string }[]
let answer: { status: number; body: string; cutOff?: boolean }
let client: VictoriaMetricsClient

beforeEach(async () => {
  asked = []
  answer = { status: 204, body: '' }
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    asked.push({ request, body: Buffer.concat(pieces).toString() })
    response.writeHead(answer.status, answer.cutOff ? { 'content-length': answer.body.length + 1 } : {})
    response.write(answer.body)
    if (answer.cutOff) response.destroy()
    else response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  client = new VictoriaMetricsClient({
    url: `http://127.0.0.1:${port}/proxy/`,
    readUrl: '',
    token: 'secret',
    onConnection: () => {},
  })
})
afterEach(async () => {
  await client.close()
  server.close()
})

test('shows its token, and keeps the path of a proxy', async () => {
  await client.write(Buffer.from('body'))
  const [{ request, body }] = asked
  expect(request.url).toBe('/proxy/api/v1/write')
  expect(request.headers).toMatchObject({ authorization: 'Bearer secret', 'content-encoding': 'snappy' })
  expect(body).toBe('body')
})

test.each([
  [400, 'TM_HOTSTORE_REFUSED'],
  [401, 'TM_HOTSTORE_REFUSED'],
  [404, 'TM_HOTSTORE_REFUSED'],
  [408, 'TM_HOTSTORE_UNAVAILABLE'],
  [429, 'TM_HOTSTORE_UNAVAILABLE'],
  [500, 'TM_HOTSTORE_UNAVAILABLE'],
  [503, 'TM_HOTSTORE_UNAVAILABLE'],
])('the status %d means %s, and the reason is told', async (status, code) => {
  answer = { status, body: 'because\n  of this' }
  const message = expect.stringContaining(`${status}: because of this`)
  await expect(client.write(Buffer.from('body'))).rejects.toMatchObject({ code, message })
})

test('reads at an address of its own, if there is one', async () => {
  const { port } = server.address() as AddressInfo
  const sides = new VictoriaMetricsClient({
    url: `http://127.0.0.1:${port}/insert/0/prometheus`,
    readUrl: `http://127.0.0.1:${port}/select/0/prometheus/`,
    token: 'secret',
    onConnection: () => {},
  })
  answer = { status: 200, body: '' }
  await sides.write(Buffer.from('body'))
  for await (const _ of sides.export('{}', { startMs: 0, endMs: 1 }));
  await sides.close()
  expect(asked.map(({ request }) => request.url)).toEqual([
    '/insert/0/prometheus/api/v1/write',
    '/select/0/prometheus/api/v1/export',
  ])
})

test('asks for a stretch with a margin, in seconds', async () => {
  answer = { status: 200, body: 'piece' }
  const pieces: Uint8Array[] = []
  for await (const piece of client.export('{a="b"}', { startMs: 10_000, endMs: 20_500 })) pieces.push(piece)
  expect(Buffer.concat(pieces).toString()).toBe('piece')
  expect(Object.fromEntries(new URLSearchParams(asked[0].body))).toMatchObject({
    'match[]': '{a="b"}',
    start: '9.000',
    end: '21.500',
  })
})

test('an answer that breaks off is a failure that passes', async () => {
  answer = { status: 200, body: 'piece', cutOff: true }
  const reading = async () => {
    for await (const _ of client.export('{}', { startMs: 0, endMs: 1 }));
  }
  await expect(reading()).rejects.toMatchObject({ code: 'TM_HOTSTORE_UNAVAILABLE', retriable: true })
})

test('knows what a server says of itself', async () => {
  answer = {
    status: 200,
    body: 'flag{name="dedup.minScrapeInterval", value="1m1.5s", is_set="true"} 1\nprocess_start_time_seconds 1795890684\n',
  }
  expect(await client.facts()).toEqual({ startedAt: '1795890684', dedupMs: 61_500 })
  answer = { status: 200, body: 'process_start_time_seconds 5\n' }
  expect(await client.facts()).toEqual({ startedAt: '5', dedupMs: 0 })
})

test.each([
  ['a page that is no metrics', { status: 200, body: '<html>' }],
  ['a proxy that lets nobody see them', { status: 403, body: '' }],
])('knows nothing from %s', async (_, given) => {
  answer = given
  expect(await client.facts()).toBeUndefined()
})
