import { existsSync, mkdirSync, statfsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import { TidemarkError } from '../../schemas/errors.js'

/** A table of an environment: binary keys in byte order, binary values. */
export type Table = Database<Buffer, Buffer>

/** One lmdb environment: a folder of one adapter's own. */
export interface Environment {
  folder: string
  root: RootDatabase<Buffer, Buffer>
  table(name: string): Table
}

/** Free space without which no environment is created, bytes. */
const CREATE_NEEDS = 1 << 20

/**
 * Opens or creates an environment.
 * @param compression LZ4 over values of more than 1000 bytes
 * @param readOnly for a process that reads what another one writes: the environment must be there
 * @throws TM_DISK_FULL if it cannot be created
 */
export function openEnvironment(folder: string, compression: boolean, readOnly = false): Environment {
  mkdirSync(folder, { recursive: true })
  // On a full disk lmdb's lock file has no blocks behind its map, and touching it ends the process (SIGBUS).
  if (!existsSync(join(folder, 'lock.mdb'))) {
    const { bavail, bsize } = statfsSync(folder)
    const bytes = bavail * bsize
    if (bytes < CREATE_NEEDS) throw new TidemarkError('TM_DISK_FULL', { path: folder, bytes })
  }
  const root = open<Buffer, Buffer>({
    path: folder,
    noSubdir: false,
    compression,
    readOnly,
    // A commit is on the disk when its promise resolves; the other mode resolves before the fsync.
    overlappingSync: false,
    // Turn batching makes promises inside lmdb that nobody can catch: a full disk would end the process.
    eventTurnBatching: false,
    maxDbs: 8,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  return {
    folder,
    root,
    table: (name) => root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }),
  }
}

/** Free space under which a failed write is taken for a full disk, bytes. */
const FULL_BELOW = 32 << 20

/** Runs a commit of an environment. @throws an error of this code that says why it failed */
export async function commitOrExplain(
  { folder }: Environment,
  code: 'TM_LOG_UNAVAILABLE' | 'TM_HOTSTORE_UNAVAILABLE',
  commit: () => Promise<void>,
): Promise<void> {
  try {
    await commit()
  } catch (cause) {
    throw new TidemarkError(code, { reason: await commitFailure(folder, cause) }, cause)
  }
}

/** Why a commit failed, in words for the user. lmdb hides the system's code: a short write is an "Input/output error". */
async function commitFailure(folder: string, thrown: unknown): Promise<string> {
  const cause = await rootCause(thrown)
  const reason = cause instanceof Error ? cause.message : String(cause)
  try {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize < FULL_BELOW) return `the disk of ${folder} is full (${reason})`
  } catch {
    return `the folder ${folder} cannot be read (${reason})`
  }
  return reason
}

/** lmdb keeps the error of the system behind a promise that always rejects. */
async function rootCause(thrown: unknown): Promise<unknown> {
  const behind = (thrown as { commitError?: Promise<never> }).commitError
  if (!behind) return thrown
  return behind.catch((cause: unknown) => cause)
}
