import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockDataFolder } from './data-folder.js'

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const lockOf = (dir: string) => join(dir, 'tidemark.pid')

/** A live process whose command line holds a word. */
async function processNamed(word: string) {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)', word], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a folder is made, locked, and free again once released', () => {
  const dir = join(emptyFolder(), 'deep', 'data')
  const folder = lockDataFolder(dir)
  expect(readFileSync(lockOf(dir), 'utf8')).toBe(String(process.pid))
  folder.release()
  expect(existsSync(lockOf(dir))).toBe(false)
})

test('a folder that a living Tidemark holds is refused by its process id', async () => {
  const dir = emptyFolder()
  const other = await processNamed('tidemark')
  try {
    writeFileSync(lockOf(dir), String(other.pid))
    expect(() => lockDataFolder(dir)).toThrow(
      expect.objectContaining({ code: 'TM_DATA_LOCKED', message: expect.stringContaining(String(other.pid)) }),
    )
    expect(readFileSync(lockOf(dir), 'utf8')).toBe(String(other.pid))
  } finally {
    other.kill()
  }
})

test('a lock whose process id now belongs to another program is taken over', async () => {
  const dir = emptyFolder()
  const other = await processNamed('something-else')
  try {
    writeFileSync(lockOf(dir), String(other.pid))
    lockDataFolder(dir).release()
  } finally {
    other.kill()
  }
})

test.each([
  ['a process that is gone', '4194304999'],
  ['no number at all', 'what?'],
  ['nothing', ''],
])('a lock that names %s is taken over', (_, text) => {
  const dir = emptyFolder()
  writeFileSync(lockOf(dir), text)
  lockDataFolder(dir)
  expect(readFileSync(lockOf(dir), 'utf8')).toBe(String(process.pid))
})

test('a folder that cannot be made is an error that names it', () => {
  const file = join(emptyFolder(), 'a-file')
  writeFileSync(file, '')
  expect(() => lockDataFolder(join(file, 'data'))).toThrow(
    expect.objectContaining({ code: 'TM_DATA_FOLDER', message: expect.stringContaining(file) }),
  )
})
