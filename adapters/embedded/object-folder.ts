import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, copyFile, link, mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TidemarkError } from '../../schemas/errors.js'
import type { ObjectEntry, ObjectStore } from '../../schemas/ports/object-store.js'
import { checkObjectKey } from '../object-key.js'

/** Where files of another file system are copied to before they are put in place. */
const INCOMING = '.incoming'

/** Bytes of two files compared at a time. */
const COMPARE_BYTES = 1 << 20

/**
 * Objects as files of a folder. A key is taken in one step and never overwritten (a hard link, which fails if it exists).
 * A path that is given out is the object itself: it stays for as long as the object does.
 */
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
      if (codeOf(cause) !== 'EEXIST') throw unavailable(key, cause)
      const isSame = await holdSame(path, target).catch((failure) => {
        throw unavailable(key, failure)
      })
      if (!isSame) throw new TidemarkError('TM_OBJECT_EXISTS', { key }, cause)
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
    checkObjectKey(key)
    if (key.split('/', 1)[0] === INCOMING) {
      throw new TidemarkError('TM_OBJECT_KEY', { key, reason: `${INCOMING} is kept for files under way` })
    }
    return join(this.#folder, key)
  }
}

/** True if both files hold the same bytes. */
async function holdSame(one: string, other: string): Promise<boolean> {
  const handles = [await open(one, 'r'), await open(other, 'r')]
  try {
    const sizes = await Promise.all(handles.map(async (handle) => (await handle.stat()).size))
    if (sizes[0] !== sizes[1]) return false
    const parts = [Buffer.alloc(COMPARE_BYTES), Buffer.alloc(COMPARE_BYTES)]
    for (let at = 0; at < sizes[0]; at += COMPARE_BYTES) {
      await Promise.all(handles.map((handle, i) => handle.read(parts[i], 0, COMPARE_BYTES, at)))
      const length = Math.min(COMPARE_BYTES, sizes[0] - at)
      if (!parts[0].subarray(0, length).equals(parts[1].subarray(0, length))) return false
    }
    return true
  } finally {
    for (const handle of handles) await handle.close()
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
