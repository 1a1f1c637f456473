import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TidemarkError } from '../../schemas/errors.js'

/** A data folder that this process owns until it releases it. */
export interface DataFolder {
  dir: string
  release(): void
}

/**
 * Takes a data folder for this process alone: two of them on one folder would overwrite each other. A lock that a
 * killed process left is taken over.
 * @throws TM_DATA_LOCKED, TM_DATA_FOLDER
 */
export function lockDataFolder(dir: string): DataFolder {
  const path = join(dir, 'tidemark.pid')
  try {
    mkdirSync(dir, { recursive: true })
    if (!takeLock(path)) {
      const owner = readOwner(path)
      if (owner !== undefined && owner !== process.pid && isTidemark(owner)) throw locked(dir, owner)
      rmSync(path, { force: true })
      // Another process may have taken it over just now.
      if (!takeLock(path)) throw locked(dir, readOwner(path))
    }
  } catch (cause) {
    if (cause instanceof TidemarkError) throw cause
    throw new TidemarkError('TM_DATA_FOLDER', { path: dir, reason: (cause as Error).message }, cause)
  }
  return { dir, release: () => rmSync(path, { force: true }) }
}

/** Makes the lock file; @returns false if there is one already */
function takeLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function locked(dir: string, pid: number | undefined): TidemarkError {
  return new TidemarkError('TM_DATA_LOCKED', { path: dir, pid: String(pid) })
}

function readOwner(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

/** A process id may have been given to another program since. */
function isTidemark(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It lives, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('tidemark')
  } catch {
    return true
  }
}
