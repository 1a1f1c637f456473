import { expect, test } from 'vitest'
import type { ScrapeJob } from '../../schemas/config/scrape.js'
import { targetRules } from '../../schemas/net/check-target.js'
import { scrapeJob } from '../testing/scrape-job.js'
import { scrapeTargets } from './target.js'

const RULES = targetRules('scrape', [])
const job = (changes: Partial<ScrapeJob>) => scrapeJob('h:9100', { job: 'node', ...changes })

test('a target is host:port, or a whole URL with a path of its own', () => {
  const targets = scrapeTargets(
    [job({ targets: ['h:9100', 'https://x.example/app/metrics?format=prometheus', 'http://y:1'] })],
    RULES,
  )
  expect(targets.map(({ url, instance }) => [url, instance])).toEqual([
    ['http://h:9100/metrics', 'h:9100'],
    ['https://x.example/app/metrics?format=prometheus', 'x.example'],
    ['http://y:1/metrics', 'y:1'],
  ])
})

test('its labels are job, instance and those of the job, which win', () => {
  const [target] = scrapeTargets([job({ labels: { region: 'eu', instance: 'db' } })], RULES)
  expect(target.labels).toEqual({ job: 'node', instance: 'db', region: 'eu' })
  expect(target).toMatchObject({ instance: 'db', intervalMs: 15_000, timeoutMs: 10_000 })
})

test.each([
  ['scrape[0].targets[0]', { targets: ['not an address'] }],
  ['scrape[0].targets[0]', { targets: ['ftp://h:1'] }],
  ['scrape[0].targets[0]', { targets: ['h:9100/path'] }],
  ['scrape[0].targets[0]', { targets: ['http://user:secret@h:1/'] }],
  ['scrape[0].timeout', { interval: '5s' }],
  ['scrape[0].interval', { interval: '0', timeout: '0' }],
  ['scrape[0].interval', { interval: '2d' }],
  ['scrape', { targets: ['h:1', 'h:1'] }],
  ['scrape[0].targets[1]', { targets: ['h:1', '169.254.169.254'] }],
  ['scrape[0].targets[0]', { targets: ['http://[fe80::1]:9100/'] }],
])('a mistake is told with its key %s: %j', (key, changes) => {
  expect(() => scrapeTargets([job(changes)], RULES)).toThrow(`config key ${key}:`)
})

test('a password in a URL is not repeated in the message', () => {
  expect(() => scrapeTargets([job({ targets: ['http://user:secret@h:1/'] })], RULES)).not.toThrow(/secret/)
})
