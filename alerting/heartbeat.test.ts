import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { targetRules } from '../schemas/net/check-target.js'
import { guardedFetch } from '../schemas/net/guarded-fetch.js'
import { type PipelineMoves, reasonsForSilence, sendHeartbeat } from './heartbeat.js'

const MOVING: PipelineMoves = { notReady: [], tideLineAgeMs: 600_000, archiveLagMs: 20_000, divergence: 0 }
const LIMITS = { tideLineAgeMs: 1_800_000, archiveLagMs: 300_000 }

let server: Server
let url: string
let status: number
const asked: string[] = []

beforeEach(async () => {
  status = 200
  asked.length = 0
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(status).end('OK')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-id`
})
afterEach(() => new Promise((resolve) => void server.close(resolve)))

const allowed = guardedFetch(targetRules('webhook', ['127.0.0.1']))

test('the address is asked', async () => {
  await sendHeartbeat(url, allowed)
  expect(asked).toEqual(['GET /secret-id'])
})

test('an answer that is no success is told, without the secret part of the address', async () => {
  status = 503
  await expect(sendHeartbeat(url, allowed)).rejects.toMatchObject({
    code: 'TM_HEARTBEAT',
    message: expect.stringMatching(/127\.0\.0\.1:\d+ was not taken: it answered with HTTP status 503/),
  })
})

test('an address of the own network is not asked unless it is allowed', async () => {
  const guarded = guardedFetch(targetRules('webhook', []))
  await expect(sendHeartbeat(url, guarded)).rejects.toMatchObject({
    code: 'TM_HEARTBEAT',
    message: expect.stringContaining('loopback'),
  })
  expect(asked).toEqual([])
})

test.each<[string, Partial<PipelineMoves>, string[]]>([
  ['a pipeline that moves', {}, []],
  ['one that is not ready', { notReady: ['log: no answer within 2000 ms'] }, ['log: no answer within 2000 ms']],
  ['one whose tide line stands', { tideLineAgeMs: 1_801_000 }, ['the tide line is 1801 s old, the limit is 1800 s']],
  ['one whose archive lags', { archiveLagMs: 301_000 }, ['the archive is 301 s behind, the limit is 300 s']],
  ['one whose views differ', { divergence: 2 }, ['2 windows differ between the two views without an explanation']],
])('%s is silent for what is amiss alone', (_, change, reasons) => {
  expect(reasonsForSilence({ ...MOVING, ...change }, LIMITS)).toEqual(reasons)
})
