import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { promqlCommand } from './promql.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'promql-'))
  await writeFile(join(folder, 'good.test'), 'load 1m\n a 1 2\n\neval instant at 1m a * 2\n {} 4\n')
  await writeFile(
    join(folder, 'bad.test'),
    'load 1m\n a 1 2\n\neval instant at 1m a\n a 2\n\neval instant at 1m a\n a 3\n',
  )
})

afterAll(() => rm(folder, { recursive: true }))

async function run(...args: string[]) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), exitCode: 0 }
  const command = promqlCommand(streams).exitOverride()
  for (const one of command.commands) one.configureOutput({ writeErr: () => undefined })
  await command.parseAsync(args, { from: 'user' })
  streams.stdout.end()
  return { out: await text(streams.stdout), exitCode: streams.exitCode }
}

test('a failed eval is one line with its place, and status 1', async () => {
  const bad = join(folder, 'bad.test')
  expect(await run('test', join(folder, 'good.test'), bad)).toEqual({
    out: `${bad}:7: a: expected {__name__="a"} 3, got 2\n2 passed, 1 failed\n`,
    exitCode: 1,
  })
})

test('when all pass the status is 0', async () => {
  expect(await run('test', join(folder, 'good.test'))).toEqual({ out: '1 passed, 0 failed\n', exitCode: 0 })
})

test('a file that cannot be read is status 2', async () => {
  await expect(run('test', join(folder, 'absent.test'))).rejects.toMatchObject({ exitCode: 2 })
})

test('a query is formatted and parsed', async () => {
  expect((await run('format', 'sum(up)by(job)')).out).toBe('sum by (job) (up)\n')
  expect(JSON.parse((await run('parse', 'up')).out)).toMatchObject({ type: 'vectorSelector', name: 'up' })
})
