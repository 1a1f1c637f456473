import { execFileSync, type SpawnOptions } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TidemarkError } from '../../schemas/errors.js'

/** Where setpriv (util-linux) lies. */
const SYSTEM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']

/** The user that Postgres runs under where this process is root: it refuses to run as root itself. */
export interface PostgresAccount {
  uid: number
  gid: number
}

/** A program to start, and how. */
export interface AccountCommand {
  file: string
  args: string[]
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'>
}

/** The user `postgres`, made if there is none; undefined where this process is not root and needs no other user. */
export function postgresAccount(): PostgresAccount | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'ignore' })
    return { uid: id('-u'), gid: id('-g') }
  }
}

/**
 * The command that runs a program under the account. Where the account cannot enter a folder on the way to the program
 * or to what it works on (a checkout under a root-only home), setpriv leaves it the right to pass closed folders.
 * @param paths what the program must reach besides itself
 * @throws TM_CATALOG_UNAVAILABLE that names the closed folder
 */
export function commandAs(
  account: PostgresAccount | undefined,
  program: string,
  args: string[],
  paths: string[],
): AccountCommand {
  if (!account) return { file: program, args, options: { cwd: '/' } }
  const closed = [program, ...paths]
    .map((path) => closedFolder(dirname(path), account))
    .find((folder) => folder !== undefined)
  if (closed === undefined) return { file: program, args, options: { ...account, cwd: '/' } }
  const setpriv = SYSTEM_FOLDERS.map((folder) => join(folder, 'setpriv')).find(isExecutable)
  if (!setpriv) {
    const reason = `as root, Postgres runs as user postgres, who cannot enter ${closed}; run \`chmod o+x ${closed}\`, start Tidemark as another user, or name a server with catalog.url`
    throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason })
  }
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  return { file: setpriv, args: [...identity, ...rights, program, ...args], options: { cwd: '/' } }
}

/** The outermost folder on the way to `folder` that the account cannot enter. */
function closedFolder(folder: string, account: PostgresAccount): string | undefined {
  const parent = dirname(folder)
  const above = parent === folder ? undefined : closedFolder(parent, account)
  if (above !== undefined) return above
  const { mode, uid, gid } = statSync(folder)
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  return (mode & bit) === 0 ? folder : undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
