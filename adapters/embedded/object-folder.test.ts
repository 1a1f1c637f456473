import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { scratchFolder } from '../../test/contract/scratch-folder.js'
import { ObjectFolder } from './object-folder.js'

let folder: string
beforeEach(async () => {
  folder = await scratchFolder()
})
afterEach(() => rm(folder, { recursive: true }))

test('removes what an interrupted put left, and nothing else', async () => {
  await mkdir(join(folder, '.incoming'))
  await writeFile(join(folder, '.incoming', 'half'), 'x')
  await writeFile(join(folder, 'whole'), 'x')
  const store = await ObjectFolder.open(folder)
  expect(await readdir(join(folder, '.incoming'))).toEqual([])
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  expect(keys).toEqual(['whole'])
})

test('keeps the folder of files under way for itself', async () => {
  const store = await ObjectFolder.open(folder)
  await expect(store.localPath('.incoming/x')).rejects.toMatchObject({ code: 'TM_OBJECT_KEY' })
})
