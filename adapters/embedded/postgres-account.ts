import { execFileSync, type SpawnOptions } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { TidemarkError } from '../../schemas/errors.js'

/** How Postgres is run here: it refuses to be root, whatever this process is. */
export interface PostgresAccount {
  /** Who must own the cluster's files; undefined: whoever this process is. */
  owner?: { uid: number; gid: number }
  /** The command that starts one of its programs. */
  command(program: string, args: readonly string[]): AccountCommand
}

/** A program to start, and how. */
export interface AccountCommand {
  file: string
  args: string[]
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'>
}

/** In a user namespace of its own a process of root is someone else, with root's access to files that root owns. */
const NAMESPACE = ['--user', '--map-user=1000', '--map-group=1000']

/**
 * Under another user than root, Postgres runs as that user. Under root it runs as the user `postgres` (made if there
 * is none); where that user cannot enter a folder on the way (a checkout under a root-only home), it runs in a user
 * namespace in which root is not called root. A cluster that exists is run by whom it was made.
 * @param program one of its programs
 * @param cluster the data directory, there or to be made
 * @throws TM_CATALOG_UNAVAILABLE that names the closed folder
 */
export function postgresAccount(program: string, cluster: string): PostgresAccount {
  if (process.getuid?.() !== 0) return { command: (file, args) => ({ file, args: [...args], options: { cwd: '/' } }) }
  const owner = postgresUser()
  const closed = [program, cluster]
    .map((path) => closedFolder(dirname(path), owner))
    .find((folder) => folder !== undefined)
  const ownedByRoot = existsSync(cluster) && statSync(cluster).uid === 0
  if (closed === undefined && !ownedByRoot) {
    return { owner, command: (file, args) => ({ file, args: [...args], options: { ...owner, cwd: '/' } }) }
  }
  if (canUnshare()) {
    return {
      command: (file, args) => ({ file: 'unshare', args: [...NAMESPACE, file, ...args], options: { cwd: '/' } }),
    }
  }
  const obstacle = closed
    ? `cannot enter ${closed}; run \`chmod o+x ${closed}\``
    : `does not own ${cluster}, which root made; run \`chown -R postgres ${cluster}\``
  const reason = `as root, Postgres runs as user postgres, who ${obstacle}, start Tidemark as another user, or name a server with catalog.url`
  throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason })
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'ignore' })
    return { uid: id('-u'), gid: id('-g') }
  }
}

/** The outermost folder on the way to `folder` that the user cannot enter. */
function closedFolder(folder: string, user: { uid: number; gid: number }): string | undefined {
  const parent = dirname(folder)
  const above = parent === folder ? undefined : closedFolder(parent, user)
  if (above !== undefined) return above
  const { mode, uid, gid } = statSync(folder)
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
  return (mode & bit) === 0 ? folder : undefined
}

function canUnshare(): boolean {
  try {
    execFileSync('unshare', [...NAMESPACE, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
