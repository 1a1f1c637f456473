import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.js'
import { loadConfig } from './load.js'

function file(yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'tidemark.yaml')
  writeFileSync(path, yaml)
  return path
}

describe('the configuration', () => {
  test('has a default for every key', () => {
    const config = loadConfig({ env: {} })
    expect(config).toMatchObject({
      http: { host: '127.0.0.1', port: 8080 },
      blocks: { length: '10m' },
      limits: { seriesPerMetric: 100_000 },
    })
  })

  test('takes the file over the defaults, the environment over the file, overrides over all', () => {
    const path = file('http: { port: 1111, host: 0.0.0.0 }\nspeed: { lateness: 5s }')
    const env = {
      TIDEMARK_HTTP_PORT: '2222',
      TIDEMARK_SPEED_IDLE_AFTER: '1m',
      TIDEMARK_RETENTION_10S: '8d',
      TIDEMARK_LIMITS_BODYBYTES: '77',
    }
    const config = loadConfig({ path, env, overrides: { 'speed.lateness': '7s' } })
    expect(config.http).toMatchObject({ port: 2222, host: '0.0.0.0' })
    expect(config.speed).toMatchObject({ lateness: '7s', idle_after: '1m' })
    expect(config.retention['10s']).toBe('8d')
    expect(config.limits.bodyBytes).toBe(77)
  })

  test.each([
    ['an unknown key', 'http: { prt: 1 }', 'http.prt', 'there is no such key'],
    ['a value of the wrong type', 'http: { port: many }', 'http.port', 'integer'],
    ['a duration that is none', 'speed: { lateness: 15 seconds }', 'speed.lateness', '15 seconds'],
    ['a block that does not fit the hour', 'blocks: { length: 7m }', 'blocks.length', '7m'],
    [
      'a log that forgets before the archive has read it',
      'log: { points_retention: 1m }',
      'log.points_retention',
      'drop points',
    ],
    ['a period of 0', 'collector: { interval: "0" }', 'collector.interval', 'it is 0'],
    ['two policies for one metric', 'cardinality: [{ metric: a }, { metric: a }]', 'cardinality', 'a has two policies'],
    [
      'StatsD beyond loopback, which knows no tokens',
      'statsd: { host: 0.0.0.0 }',
      'statsd.allow_unauthenticated',
      'anyone who reaches 0.0.0.0 could write',
    ],
    ['a certificate without its key', 'http: { tls_cert: a.pem }', 'http.tls_key', 'is empty'],
    ['a client authority without a certificate', 'http: { tls_client_ca: a.pem }', 'http.tls_cert', 'is empty'],
    [
      'TLS for a Temporal server that is not named',
      'temporal: { ca: a.pem }',
      'temporal.address',
      'temporal.ca is set',
    ],
    [
      'a key for Temporal without its certificate',
      'temporal: { address: "a:7233", key: a.key }',
      'temporal.cert',
      'is empty',
    ],
    ['two rollups of one name', 'rollups: [{ match: a, by: [r] }, { match: a, by: [r] }]', 'rollups', 'a:by_r'],
  ])('with %s is refused by key', (_, yaml, key, reason) => {
    expect(() => loadConfig({ path: file(yaml), env: {} })).toThrow(
      expect.objectContaining({ code: 'TM_CONFIG', message: expect.stringContaining(key) }),
    )
    expect(() => loadConfig({ path: file(yaml), env: {} })).toThrow(reason)
  })

  test('lets StatsD listen beyond loopback where that is said, or where it is off', () => {
    const allowed = file('statsd: { host: 0.0.0.0, allow_unauthenticated: true }')
    expect(loadConfig({ path: allowed, env: {} }).statsd.host).toBe('0.0.0.0')
    expect(loadConfig({ path: file('statsd: { host: "::", enabled: false }'), env: {} }).statsd.enabled).toBe(false)
  })

  test('leaves the variables of the command line alone', () => {
    const env = { TIDEMARK_URL: 'http://a', TIDEMARK_TOKEN: 'tm_a_b' }
    expect(loadConfig({ env })).toEqual(loadConfig({ env: {} }))
  })

  test('takes a group whose keys are all commented away for an absent one', () => {
    expect(loadConfig({ path: file('http:\nspeed:\n  lateness:\n'), env: {} })).toEqual(loadConfig({ env: {} }))
  })

  test.each([
    ['a list', '- http'],
    ['a bare word', 'http'],
    ['no YAML', 'http: [1'],
  ])('in a file that holds %s is refused by file', (_, yaml) => {
    const path = file(yaml)
    expect(() => loadConfig({ path, env: {} })).toThrow(
      expect.objectContaining({ code: 'TM_CONFIG_FILE', message: expect.stringContaining(path) }),
    )
  })

  test('in a variable that is no YAML is refused by its key and its name', () => {
    expect(() => loadConfig({ env: { TIDEMARK_HTTP_PORT: '[1' } })).toThrow(/http\.port.*TIDEMARK_HTTP_PORT/)
  })

  test('names the file that cannot be read', () => {
    expect(() => loadConfig({ path: '/nowhere/tidemark.yaml', env: {} })).toThrow('/nowhere/tidemark.yaml')
  })
})

test.each([
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['1y', 31_536_000_000],
  ['5ms', 5],
  ['0', 0],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '1', '1.5h', '1s1m', 'ten seconds', '-1s'])('"%s" is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow('duration')
})

test('durations are written as they are read', () => {
  for (const text of ['10s', '1m30s', '2h', '7d', '5ms', '0']) expect(formatDuration(parseDuration(text))).toBe(text)
})
