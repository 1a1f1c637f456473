import { readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { scratchFolder } from '../../test/contract/scratch-folder.js'
import { ObjectCache } from './object-cache.js'

let folder: string
beforeEach(async () => {
  folder = await scratchFolder()
})
afterEach(() => rm(folder, { recursive: true }))

const openCache = (origin = 'bucket') => ObjectCache.open({ folder, limitBytes: 1000, origin, clock: Date.now })

async function place(cache: ObjectCache, key: string, content: string, etag = 'e'): Promise<string> {
  const incoming = cache.incoming()
  await writeFile(incoming, content)
  return cache.place(key, etag, incoming)
}

test('two buckets may share the folder: the same key is two objects', async () => {
  const [one, two] = [await openCache('one'), await openCache('two')]
  await place(one, 'key', 'of one')
  expect(await two.find('key')).toBeUndefined()
  await place(two, 'key', 'of two')
  expect(await readFile((await one.find('key')) as string, 'utf8')).toBe('of one')
})

test('a new version of an object takes the place of the old one', async () => {
  const cache = await openCache()
  await place(cache, 'key', 'old', 'e1')
  const path = await place(cache, 'key', 'new', 'e2')
  expect(await cache.find('key')).toBe(path)
  expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toEqual([basename(path)])
})

test('a file that another process is evicting is not given out', async () => {
  const cache = await openCache()
  const path = await place(cache, 'key', 'content')
  const mark = join(folder, '.evicting', basename(path))
  await writeFile(mark, '')
  const found = cache.find('key')
  await sleep(30)
  await unlink(path)
  await unlink(mark)
  expect(await found).toBeUndefined()
})

test('the mark of a process that died at it holds nobody up for long', async () => {
  const cache = await openCache()
  const path = await place(cache, 'key', 'content')
  await writeFile(join(folder, '.evicting', basename(path)), '')
  expect(await cache.find('key')).toBe(path)
  expect(await readdir(join(folder, '.evicting'))).toEqual([])
})
