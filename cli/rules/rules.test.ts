import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandStreams } from '../decode.js'
import { rulesCommand } from './rules.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-rules-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const RULES = `
groups:
  - name: api
    rules:
      - { record: 'job:up:sum', expr: 'sum by (job) (up)' }
      - { alert: ApiDown, expr: 'job:up:sum == 0', for: 2m, annotations: { summary: '{{ $labels.job }} is down' } }
`
const TESTS = (summary: string) => `
rule_files: [rules-*.yml]
tests:
  - name: goes down
    input_series: [{ series: 'up{job="api"}', values: '1x2 0x10' }]
    alert_rule_test:
      - { eval_time: 4m, alertname: ApiDown }
      - { eval_time: 5m, alertname: ApiDown, exp_alerts: [{ exp_labels: { job: api }, exp_annotations: { summary: ${summary} } }] }
`

async function run(...args: string[]): Promise<{ output: string; exitCode?: number }> {
  const streams: CommandStreams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
  await rulesCommand(streams).parseAsync(args, { from: 'user' })
  streams.stdout.end()
  const exitCode = streams.exitCode === undefined ? undefined : Number(streams.exitCode)
  return { output: await text(streams.stdout as PassThrough), exitCode }
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('a file whose tests pass is a success', async () => {
  write('rules-api.yml', RULES)
  const { output, exitCode } = await run('test', write('good.yml', TESTS('api is down')))
  expect(output).toContain('SUCCESS')
  expect(exitCode).toBeUndefined()
})

test('what failed shows what was expected and what came, and the status is 1', async () => {
  write('rules-api.yml', RULES)
  const { output, exitCode } = await run('test', write('bad.yml', TESTS('api is away')))
  expect(output).toMatch(/FAILED:\n {4}name: goes down,\n {4}alertname: ApiDown, time: 5m,\n {8}exp:\[/)
  expect(output).toContain('Annotations:{summary="api is away"}')
  expect(output).toContain('Annotations:{summary="api is down"}')
  expect(exitCode).toBe(1)
})

test('only tests of a name are run if one is given', async () => {
  write('rules-api.yml', RULES)
  const { output } = await run('test', write('bad.yml', TESTS('api is away')), '--run', 'comes up')
  expect(output).toContain('SUCCESS')
})

test('rule files are checked: what is wrong is told with its place, duplicates are told too', async () => {
  const good = await run('check', write('one.yml', RULES))
  expect(good).toMatchObject({ output: expect.stringContaining('SUCCESS: 2 rules found'), exitCode: undefined })
  const bad = await run('check', write('two.yml', RULES.replace('sum by (job) (up)', 'sum by (job) (up')))
  expect(bad.output).toMatch(/two\.yml cannot be used: line 5, group "api", rule 1, "job:up:sum": expr/)
  expect(bad.exitCode).toBe(1)
  const doubled = write('three.yml', RULES + RULES.replace('\ngroups:\n', '').replace('name: api', 'name: more'))
  expect(await run('check', doubled)).toMatchObject({
    output: expect.stringContaining('duplicate: 2 rules are named ApiDown{}, in the groups "api", "more"'),
    exitCode: undefined,
  })
  expect((await run('check', '--strict', doubled)).exitCode).toBe(1)
})
