import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../schemas/ports/object-store.js'

/** An empty object store and a folder for the files to put into it. */
export interface ObjectStoreHarness {
  store: ObjectStore
  folder: string
  /** Opens the store again over what it holds. */
  reopen(): Promise<ObjectStore>
  close(): Promise<void>
}

/** What every ObjectStore keeps. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStoreHarness>): void {
  describe(`object store: ${name}`, () => {
    let harness: ObjectStoreHarness
    let store: ObjectStore
    let files = 0
    beforeEach(async () => {
      harness = await open()
      store = harness.store
    })
    afterEach(() => harness.close())

    const put = async (key: string, text: string) => {
      const path = join(harness.folder, `file-${files++}`)
      await writeFile(path, text)
      await store.put(key, path)
    }
    const keys = async (prefix: string) => {
      const found: string[] = []
      for await (const entry of store.list(prefix)) found.push(entry.key)
      return found
    }

    test('gives back the bytes of an object, before and after a restart', async () => {
      await put('raw/2026/a.parquet', 'columns')
      expect(await readFile(await store.localPath('raw/2026/a.parquet'), 'utf8')).toBe('columns')
      store = await harness.reopen()
      expect(await readFile(await store.localPath('raw/2026/a.parquet'), 'utf8')).toBe('columns')
    })

    test('never overwrites: the first object of a key stays', async () => {
      await put('a', 'first')
      await expect(put('a', 'second')).rejects.toMatchObject({ code: 'TM_OBJECT_EXISTS' })
      expect(await readFile(await store.localPath('a'), 'utf8')).toBe('first')
    })

    test('the same bytes may be put under their key again: the answer to the first time may have been lost', async () => {
      const text = 'x'.repeat(3 << 20)
      await put('a', text)
      await expect(put('a', text)).resolves.toBeUndefined()
      await expect(put('a', `${text.slice(1)}y`)).rejects.toMatchObject({ code: 'TM_OBJECT_EXISTS' })
      expect(await readFile(await store.localPath('a'), 'utf8')).toBe(text)
    })

    test('an empty object is an object', async () => {
      await put('a', '')
      expect(await readFile(await store.localPath('a'), 'utf8')).toBe('')
      for await (const { bytes } of store.list('')) expect(bytes).toBe(0)
    })

    test('of several that put the same key at once, one succeeds', async () => {
      const outcomes = await Promise.allSettled(['1', '2', '3', '4'].map((text) => put('one/key', text)))
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
      const winner = outcomes.findIndex((outcome) => outcome.status === 'fulfilled')
      expect(await readFile(await store.localPath('one/key'), 'utf8')).toBe(String(winner + 1))
    })

    test('lists by prefix in order of keys, with sizes', async () => {
      for (const key of ['raw/b/2', 'raw-old/1', 'raw/a', 'raw/b/10', 'tiers/1', 'raw/b.x', 'rax']) await put(key, key)
      expect(await keys('')).toEqual(['raw-old/1', 'raw/a', 'raw/b.x', 'raw/b/10', 'raw/b/2', 'rax', 'tiers/1'])
      expect(await keys('raw/')).toEqual(['raw/a', 'raw/b.x', 'raw/b/10', 'raw/b/2'])
      expect(await keys('raw/b')).toEqual(['raw/b.x', 'raw/b/10', 'raw/b/2'])
      expect(await keys('raw')).toHaveLength(5)
      expect(await keys('nothing/')).toEqual([])
      for await (const entry of store.list('raw/a')) {
        expect(entry.bytes).toBe(5)
        expect(Math.abs(entry.modifiedMs - Date.now())).toBeLessThan(120_000)
      }
    })

    test('removes an object, and the key may be taken again', async () => {
      await put('a/b', 'first')
      await store.delete('a/b')
      await expect(store.localPath('a/b')).rejects.toMatchObject({ code: 'TM_OBJECT_MISSING' })
      expect(await keys('')).toEqual([])
      await put('a/b', 'second')
      expect(await readFile(await store.localPath('a/b'), 'utf8')).toBe('second')
    })

    test('to remove what is not there is no error', async () => {
      await expect(store.delete('never/put')).resolves.toBeUndefined()
    })

    test('a file that is not there cannot be put, and takes no key', async () => {
      await expect(store.put('a', join(harness.folder, 'missing'))).rejects.toMatchObject({
        code: 'TM_OBJECT_UNAVAILABLE',
      })
      await put('a', 'later')
    })

    test.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', './a', 'a\\b', 'a\0b'])('refuses the key %j', async (key) => {
      await expect(put(key, 'x')).rejects.toMatchObject({ code: 'TM_OBJECT_KEY' })
      await expect(store.localPath(key)).rejects.toMatchObject({ code: 'TM_OBJECT_KEY' })
      await expect(store.delete(key)).rejects.toMatchObject({ code: 'TM_OBJECT_KEY' })
    })
  })
}
