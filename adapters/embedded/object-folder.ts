import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, copyFile, link, mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TidemarkError } from '../../schemas/errors.js'
import type { ObjectEntry, ObjectStore } from '../../schemas/ports/object-store.js'

/** Where files of another file system are copied to before they are put in place. */
const INCOMING = '.incoming'

/** Objects as files of a folder. A key is taken in one step and never overwritten (a hard link, which fails if it exists). */
export class ObjectFolder implements ObjectStore {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Opens or creates the folder and removes what an interrupted put left. */
  static async open(folder: string): Promise<ObjectFolder> {
    await rm(join(folder, INCOMING), { recursive: true, force: true })
    await mkdir(join(folder, INCOMING), { recursive: true })
    return new ObjectFolder(folder)
  }

  /** A folder that another process has opened: for reading beside it. */
  static beside(folder: string): ObjectFolder {
    return new ObjectFolder(folder)
  }

  async put(key: string, path: string): Promise<void> {
    const target = this.#pathOf(key)
    try {
      await syncPath(path)
      await this.#makeFolders(dirname(target))
      await this.#place(path, target)
      await syncPath(dirname(target))
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') throw new TidemarkError('TM_OBJECT_EXISTS', { key }, cause)
      throw unavailable(key, cause)
    }
    await rm(path, { force: true })
  }

  async localPath(key: string): Promise<string> {
    const path = this.#pathOf(key)
    try {
      await access(path, constants.R_OK)
    } catch (cause) {
      if (isMissing(cause)) throw new TidemarkError('TM_OBJECT_MISSING', { key }, cause)
      throw unavailable(key, cause)
    }
    return path
  }

  async *list(prefix: string): AsyncIterable<ObjectEntry> {
    yield* this.#listUnder('', prefix)
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key)
    try {
      await unlink(path)
      await syncPath(dirname(path))
    } catch (cause) {
      if (!isMissing(cause)) throw unavailable(key, cause)
    }
  }

  /** Objects of one folder and those below it, in order of whole keys: `a-b` stands before `a/b`. */
  async *#listUnder(parent: string, prefix: string): AsyncIterable<ObjectEntry> {
    const entries = await readdir(join(this.#folder, parent), { withFileTypes: true }).catch((cause) => {
      if (isMissing(cause)) return []
      throw unavailable(parent, cause)
    })
    const keys = entries.map((entry) => parent + entry.name + (entry.isDirectory() ? '/' : '')).sort()
    for (const key of keys) {
      if (key === `${INCOMING}/`) continue
      if (key.endsWith('/')) {
        if (key.startsWith(prefix) || prefix.startsWith(key)) yield* this.#listUnder(key, prefix)
      } else if (key.startsWith(prefix)) {
        const found = await stat(join(this.#folder, key)).catch(() => undefined)
        // Deleted since its folder was read.
        if (found) yield { key, bytes: found.size, modifiedMs: found.mtimeMs }
      }
    }
  }

  /** Links the file into place; one of another file system is copied first. */
  async #place(path: string, target: string): Promise<void> {
    try {
      await link(path, target)
    } catch (cause) {
      if (codeOf(cause) !== 'EXDEV') throw cause
      const copy = join(this.#folder, INCOMING, randomUUID())
      try {
        await copyFile(path, copy)
        await syncPath(copy)
        await link(copy, target)
      } finally {
        await rm(copy, { force: true })
      }
    }
  }

  /** Creates the folders of a key, each durable in its parent. */
  async #makeFolders(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true })
    if (first === undefined) return
    for (let made = folder; made.length >= first.length; made = dirname(made)) await syncPath(dirname(made))
  }

  #pathOf(key: string): string {
    const refuse = (reason: string) => new TidemarkError('TM_OBJECT_KEY', { key, reason })
    if (key.includes('\0') || key.includes('\\')) throw refuse('it holds a zero byte or a backslash')
    const parts = key.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw refuse('it is absolute, or a part of it is empty, "." or ".."')
    }
    if (parts[0] === INCOMING) throw refuse(`${INCOMING} is kept for files under way`)
    return join(this.#folder, ...parts)
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code
}

function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR'
}

function unavailable(key: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_OBJECT_UNAVAILABLE',
    { key, reason: cause instanceof Error ? cause.message : String(cause) },
    cause,
  )
}
