import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { type RequestOptions, request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGateway } from '../ingest/gateway/gateway.js'
import { firstLayout } from '../ingest/routing/plan-layout.js'
import { MemoryLog } from '../ingest/testing/memory-log.js'
import { loadConfig } from '../schemas/config/load.js'
import type { ControlOptions } from '../serving/http/plugin.js'
import { type TestCertificate, testCertificate } from '../test/certificate.js'
import { openAccess } from './access.js'
import { CloseStack } from './close-stack.js'
import { startHttp } from './http.js'
import { ProcessMetrics } from './metrics/process-metrics.js'
import type { ServingProcess } from './serving-process.js'

let folder: string
let closing: CloseStack

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-http-'))
  closing = new CloseStack()
})
afterEach(async () => {
  vi.useRealTimers()
  await closing.close()
  rmSync(folder, { recursive: true })
})

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A server of ingest and control routes, without queries and with a catalog that is away. */
async function start(overrides: Record<string, unknown>) {
  const catalogUrl = 'postgres://127.0.0.1:1/none'
  const config = loadConfig({ env: {}, overrides: { 'http.port': 0, ...overrides } })
  const clock = () => 0
  const logger = pino({ level: 'silent' })
  const gateway = createGateway({
    log: new MemoryLog(),
    layouts: [firstLayout(1)],
    limits: config.limits,
    policies: [],
    clock,
  })
  const access = openAccess({ config, catalogUrl, clock, logger, closing })
  const serving = { routes: Promise.resolve([]) } as unknown as ServingProcess
  const control = {} as ControlOptions
  const health = { failed: () => [], ready: async () => ({ reasons: [], warnings: [] }) }
  const metrics = new ProcessMetrics({ version: '1.2.3', roles: ['gateway'] })
  const http = await startHttp({
    health,
    metrics,
    rules: async () => [],
    config,
    gateway,
    control,
    serving,
    access,
    clock,
    logger,
  })
  closing.add('HTTP', () => http.close())
  return http.url
}

const withFiles = ({ cert, key }: TestCertificate) => ({
  'http.tls_cert': write('cert.pem', cert),
  'http.tls_key': write('key.pem', key),
})

async function get(url: string, options: RequestOptions = {}) {
  const ask = url.startsWith('https:') ? requestTls : request
  return new Promise<{ status?: number; headers: Record<string, unknown>; subject?: string }>((resolve, reject) => {
    const asked = ask(url, { agent: false, ...options }, (response) => {
      const { statusCode: status, headers } = response
      const subject = (response.socket as Partial<TLSSocket>).getPeerCertificate?.().subject.CN
      response.resume().on('end', () => resolve({ status, headers, subject: String(subject) }))
    })
    asked.on('error', reject).end()
  })
}

describe('over TLS', () => {
  test('answers are encrypted, and browsers are told to ask in no other way', async () => {
    const certificate = testCertificate('localhost')
    const url = await start(withFiles(certificate))
    expect(url).toMatch(/^https:/)
    const answer = await get(`${url}/-/healthy`, { ca: certificate.cert })
    expect(answer).toMatchObject({ status: 200, headers: { 'strict-transport-security': 'max-age=31536000' } })
  })

  test('a renewed certificate is taken over; one that cannot be used leaves the one before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [first, second] = [testCertificate('first'), testCertificate('second')]
    const url = await start(withFiles(first))
    const subject = async () => (await get(`${url}/-/healthy`, { rejectUnauthorized: false })).subject
    expect(await subject()).toBe('first')
    write('cert.pem', second.cert)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await subject()).toBe('first')
    write('key.pem', second.key)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await subject()).toBe('second')
  })

  test('where clients must show a certificate, only those of the authority are served', async () => {
    const server = testCertificate('localhost')
    const authority = testCertificate('clients')
    const url = await start({ ...withFiles(server), 'http.tls_client_ca': write('ca.pem', authority.cert) })
    const ask = (shown?: TestCertificate) =>
      get(`${url}/-/healthy`, { ca: server.cert, cert: shown?.cert, key: shown?.key })
    expect(await ask(testCertificate('agent', authority))).toMatchObject({ status: 200 })
    await expect(ask()).rejects.toThrow()
    await expect(ask(testCertificate('stranger'))).rejects.toThrow()
  })

  test('files that cannot be read, or do not belong together, are told by key and path', async () => {
    const [one, other] = [testCertificate('a'), testCertificate('b')]
    const files = withFiles(one)
    await expect(start({ ...files, 'http.tls_cert': '/nowhere/cert.pem' })).rejects.toThrow(
      /http\.tls_cert.*\/nowhere\/cert\.pem/,
    )
    await expect(start({ ...files, 'http.tls_key': write('other.pem', other.key) })).rejects.toThrow(
      /http\.tls_cert.*other\.pem cannot be used together/,
    )
    await expect(start({ ...files, 'http.tls_client_ca': write('ca.pem', 'no certificate') })).rejects.toMatchObject({
      code: 'TM_CONFIG',
    })
  })
})

describe('every answer', () => {
  test('forbids browsers what data has no use for', async () => {
    const { headers } = await get(`${await start({})}/ping`)
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    })
    expect(headers).not.toHaveProperty('strict-transport-security')
  })

  test('that is a page may load its own files and ask this server, and runs no inline code', async () => {
    const { headers } = await get(`${await start({})}/`)
    expect(headers['content-security-policy']).toContain("script-src 'self'; style-src 'self'; connect-src 'self'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
  })
})

test('a server that must ask for tokens lets nobody in while the catalog is away, and still says that it lives', async () => {
  const url = await start({ 'auth.required': 'always' })
  expect(await get(`${url}/-/healthy`)).toMatchObject({ status: 200 })
  const headers = { authorization: `Bearer tm_${'0'.repeat(12)}_${'x'.repeat(43)}` }
  expect(await get(`${url}/api/v1/status/flags`)).toMatchObject({ status: 401 })
  expect(await get(`${url}/api/v1/status/flags`, { headers })).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
  })
})
