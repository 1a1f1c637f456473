import { createHash, randomUUID } from 'node:crypto'
import { rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { access, copyFile, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OBJECT_LEASE_MS } from '../../schemas/ports/object-store.js'
import type { Clock } from '../../schemas/time.js'

/** Folder of files on their way in. */
const UNDERWAY = '.underway'
/** What lies in it for so long was left by a process that was killed, ms. */
const ABANDONED_MS = 3_600_000
/** Folder of marks: a file of that name is being evicted. */
const EVICTING = '.evicting'
/** An eviction takes microseconds; it is looked at so often, with these pauses (ms), before it counts as died half-way. */
const EVICTION_LOOKS = 50
const EVICTION_PAUSE_MS = 5
/** The folder is measured again once this share of the limit has come in. */
const MEASURE_SHARE = 0.05
/** And then emptied down to this share, least recently used files first. */
const KEPT_SHARE = 0.9

/** What a cache is made of. */
export interface ObjectCacheOptions {
  folder: string
  /** Bytes that it may hold. */
  limitBytes: number
  /** Where the objects come from: one folder may hold those of several buckets. */
  origin: string
  clock: Clock
}

/**
 * Objects as local files, each named by its key and etag; a file's time of change is when it was last given out. So
 * several processes may share the folder, and a new one finds what is there. Over the limit the least recently used
 * files go, but none that was given out within OBJECT_LEASE_MS by any process: the limit may be passed by those.
 */
export class ObjectCache {
  readonly #options: ObjectCacheOptions
  /** File by the key's part of its name. */
  readonly #names = new Map<string, string>()
  #bytesSinceMeasured = 0
  #measuring: Promise<void> | undefined

  private constructor(options: ObjectCacheOptions) {
    this.#options = options
  }

  /** Opens or creates the folder, and brings it within its limit. */
  static async open(options: ObjectCacheOptions): Promise<ObjectCache> {
    const cache = new ObjectCache(options)
    for (const inner of [UNDERWAY, EVICTING]) await mkdir(join(options.folder, inner), { recursive: true })
    await cache.#removeAbandoned()
    await cache.#measure()
    return cache
  }

  /** The key's file with its lease renewed, if there is one. */
  async find(key: string): Promise<string | undefined> {
    const keyPart = this.#keyPart(key)
    const name = this.#names.get(keyPart)
    if (name === undefined) return undefined
    const path = join(this.#options.folder, name)
    if (await this.#renew(path)) return path
    // Evicted, or removed with its object, by another process.
    this.#forget(keyPart, name)
    return undefined
  }

  /** The file of this very version of an object with its lease renewed, if another process has placed one. */
  async findVersion(key: string, etag: string): Promise<string | undefined> {
    const name = this.#nameOf(key, etag)
    const path = join(this.#options.folder, name)
    if (!(await this.#renew(path))) return undefined
    this.#names.set(this.#keyPart(key), name)
    return path
  }

  /** Path of a file that does not exist yet, to be filled and then placed. */
  incoming(): string {
    return join(this.#options.folder, UNDERWAY, randomUUID())
  }

  /** Moves a complete file into its place and gives it out. @returns its path there */
  async place(key: string, etag: string, path: string): Promise<string> {
    const { folder } = this.#options
    const name = this.#nameOf(key, etag)
    const target = join(folder, name)
    await syncFile(path)
    const { size } = await stat(path)
    await this.#touch(path)
    await this.#move(path, target)
    if (!(await this.#renew(target))) throw new Error(`${target} was evicted as it came`)
    const keyPart = this.#keyPart(key)
    const before = this.#names.get(keyPart)
    if (before !== undefined && before !== name) await rm(join(folder, before), { force: true })
    this.#names.set(keyPart, name)
    this.#bytesSinceMeasured += size
    if (this.#bytesSinceMeasured > this.#options.limitBytes * MEASURE_SHARE) await this.#measure()
    return target
  }

  /** Removes the file of an object that is no more. */
  async remove(key: string): Promise<void> {
    const keyPart = this.#keyPart(key)
    const name = this.#names.get(keyPart)
    this.#names.delete(keyPart)
    if (name !== undefined) await rm(join(this.#options.folder, name), { force: true })
  }

  #keyPart(key: string): string {
    return digest(`${this.#options.origin}\0${key}`, 32)
  }

  #nameOf(key: string, etag: string): string {
    return `${this.#keyPart(key)}-${digest(etag, 16)}`
  }

  /**
   * Gives a file out: sets its time, then looks for an eviction. One that begins after the look sees the new time and
   * leaves the file alone; one that began before is waited for. So nothing that was given out can go.
   * @returns false if the file is not there
   */
  async #renew(path: string): Promise<boolean> {
    const mark = this.#markOf(path)
    for (let look = 1; ; look++) {
      if (!(await this.#touch(path))) return false
      if (!(await isThere(mark))) return true
      if (look === EVICTION_LOOKS) await rm(mark, { force: true })
      await sleep(EVICTION_PAUSE_MS)
    }
  }

  #touch(path: string): Promise<boolean> {
    const seconds = this.#options.clock() / 1000
    return succeeds(utimes(path, seconds, seconds))
  }

  #markOf(path: string): string {
    return join(this.#options.folder, EVICTING, basename(path))
  }

  /** A file of another file system is copied first, so that it appears whole. */
  async #move(path: string, target: string): Promise<void> {
    try {
      await rename(path, target)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause
      const copy = this.incoming()
      await copyFile(path, copy)
      await syncFile(copy)
      await this.#touch(copy)
      await rename(copy, target)
      await rm(path, { force: true })
    }
  }

  async #removeAbandoned(): Promise<void> {
    const folder = join(this.#options.folder, UNDERWAY)
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found && found.mtimeMs < this.#options.clock() - ABANDONED_MS) await rm(path, { force: true })
    }
  }

  /** Learns what the folder holds, and evicts what is too much. One at a time: whoever comes meanwhile waits for it. */
  #measure(): Promise<void> {
    this.#measuring ??= this.#measureNow().finally(() => {
      this.#measuring = undefined
    })
    return this.#measuring
  }

  async #measureNow(): Promise<void> {
    const { folder, limitBytes } = this.#options
    this.#bytesSinceMeasured = 0
    const known = [...this.#names]
    const files = await this.#files()
    const present = new Set(files.map(({ name }) => name))
    for (const [keyPart, name] of known) if (!present.has(name)) this.#forget(keyPart, name)
    // Of two versions of an object the one that was used last is the one that there is.
    for (const { name } of files) this.#names.set(keyPartOf(name), name)
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    if (total <= limitBytes * (KEPT_SHARE + MEASURE_SHARE)) return
    const leasedFromMs = this.#options.clock() - OBJECT_LEASE_MS
    for (const { name, bytes, usedMs } of files) {
      if (total <= limitBytes * KEPT_SHARE || usedMs > leasedFromMs) return
      if (!evict(join(folder, name), join(folder, EVICTING, name), usedMs)) continue
      total -= bytes
      this.#forget(keyPartOf(name), name)
    }
  }

  #forget(keyPart: string, name: string): void {
    if (this.#names.get(keyPart) === name) this.#names.delete(keyPart)
  }

  /** Every file, the least recently used first. */
  async #files(): Promise<{ name: string; bytes: number; usedMs: number }[]> {
    const { folder } = this.#options
    const files: { name: string; bytes: number; usedMs: number }[] = []
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue
      const found = await stat(join(folder, entry.name)).catch(() => undefined)
      if (found) files.push({ name: entry.name, bytes: found.size, usedMs: found.mtimeMs })
    }
    return files.sort((a, b) => a.usedMs - b.usedMs)
  }
}

/** Removes a file unless it was given out since it was looked at; the mark stands meanwhile. */
function evict(path: string, mark: string, usedMs: number): boolean {
  try {
    writeFileSync(mark, '', { flag: 'wx' })
  } catch {
    // Another process is at it.
    return false
  }
  try {
    if (statSync(path).mtimeMs !== usedMs) return false
    unlinkSync(path)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw cause
  } finally {
    rmSync(mark, { force: true })
  }
}

function isThere(path: string): Promise<boolean> {
  return succeeds(access(path))
}

function succeeds(done: Promise<unknown>): Promise<boolean> {
  return done.then(
    () => true,
    () => false,
  )
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function keyPartOf(name: string): string {
  return name.split('-', 1)[0]
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
