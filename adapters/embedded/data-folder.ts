import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
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
 * @throws TM_DATA_LOCKED
 */
export function lockDataFolder(dir: string): DataFolder {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'tidemark.pid')
  const owner = readOwner(path)
  if (owner !== undefined && owner !== process.pid && isTidemark(owner)) {
    throw new TidemarkError('TM_DATA_LOCKED', { path: dir, pid: String(owner) })
  }
  rmSync(path, { force: true })
  const file = openSync(path, 'wx')
  writeSync(file, String(process.pid))
  closeSync(file)
  return { dir, release: () => rmSync(path, { force: true }) }
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
  } catch {
    return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('tidemark')
  } catch {
    return true
  }
}
