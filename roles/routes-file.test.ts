import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RoutesFile } from './routes-file.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-routes-'))
  path = join(folder, 'routes.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (receiver: string) =>
  writeFileSync(path, `{ route: { receiver: ${receiver} }, receivers: [{ name: ${receiver} }] }`)

test('a file that was changed is taken over, one that was not is not read again', () => {
  write('a')
  const file = new RoutesFile(path)
  const first = file.current()
  file.follow()
  expect(file.current()).toBe(first)
  write('longer')
  file.follow()
  expect(file.current().route.receiver).toBe('longer')
})

test('files that it names lie where it lies', () => {
  writeFileSync(join(folder, 'key'), 'R-s3cret\n')
  const receiver = '{ name: a, pagerduty_configs: [{ routing_key_file: key }] }'
  writeFileSync(path, `{ route: { receiver: a }, receivers: [${receiver}] }`)
  expect(new RoutesFile(path).current().channels).toMatchObject({ 'a/pagerduty': { routing_key: 'R-s3cret' } })
})

test('one that cannot be used is told once, and what counted before stays', () => {
  write('a')
  const file = new RoutesFile(path)
  writeFileSync(path, 'route: {}')
  expect(() => file.follow()).toThrow(expect.objectContaining({ code: 'TM_DISPATCH_FILE' }))
  file.follow()
  expect(file.current().route.receiver).toBe('a')
})

test('one that is not there is told with its name', () => {
  expect(() => new RoutesFile(path)).toThrow(path)
})
