import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisLiveView } from '../../adapters/redis/live-view.js'
import { freePort } from '../../infra/stack/ports.js'
import { loadConfig } from '../../schemas/config/load.js'
import { RedisServer } from './redis-servers.js'
import { fed, starts, unavailable } from './redis-stage.js'

let folder: string
let server: RedisServer
let port: number

const pem = (name: string) => join(folder, `${name}.pem`)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tc-'))
  const files = ['-keyout', pem('key'), '-out', pem('cert')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, ...files], {
    stdio: 'ignore',
  })
  port = await freePort(undefined, new Set())
  const certificates = ['--tls-cert-file', pem('cert'), '--tls-key-file', pem('key'), '--tls-ca-cert-file', pem('cert')]
  const user = ['--user', 'tidemark', 'on', '>s/ecret', '~*', '&*', '+@all']
  server = await RedisServer.start('--tls-port', String(port), ...certificates, ...user)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const view = (url: string, names: Partial<Record<'ca' | 'cert' | 'key', string>>) => {
  const certificates = Object.fromEntries(Object.entries(names).map(([key, path]) => [`redis.${key}`, path]))
  const overrides = { 'redis.url': url, ...certificates }
  return createRedisLiveView(loadConfig({ env: {}, overrides }), { partitions: 1 })
}

test('connections are encrypted, both sides show their certificates, and a user logs in', async () => {
  const names = { ca: pem('cert'), cert: pem('cert'), key: pem('key') }
  const live = await view(`rediss://tidemark:s%2Fecret@127.0.0.1:${port}`, names)
  await fed(live, 2)
  expect(await starts(live)).toEqual([0, 10])
  expect(await server.admin.client('LIST')).toMatch(/name=tidemark .*user=tidemark/)
  await live.close()
})

test.each([
  ['an authority that did not sign the server', {}],
  ['no certificate of its own', { ca: 'cert' }],
])('with %s nothing is read', async (_, names) => {
  const paths = Object.fromEntries(Object.entries(names).map(([name, file]) => [name, pem(file)]))
  const live = await view(`rediss://127.0.0.1:${port}`, paths)
  await expect(live.coveredFromMs()).rejects.toThrow(unavailable)
  await live.close()
})

test('a certificate that cannot be read is a mistake in the configuration', async () => {
  await expect(view(`rediss://127.0.0.1:${port}`, { ca: pem('nowhere') })).rejects.toThrow(
    expect.objectContaining({ code: 'TM_CONFIG', message: expect.stringContaining('redis.ca') }),
  )
})
