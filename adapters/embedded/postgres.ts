import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TidemarkError } from '../../schemas/errors.js'
import { type PostgresAccount, postgresAccount } from './postgres-account.js'
import { postgresProgram } from './postgres-programs.js'

const START_MS = 60_000
const STOP_MS = 30_000
const USER = 'tidemark'
const DATABASE = 'postgres'

/** Small, but safe: fsync stays on. */
const SETTINGS = [
  'shared_buffers=16MB',
  'max_connections=30',
  'max_worker_processes=2',
  'max_parallel_workers=0',
  'max_wal_size=128MB',
  'min_wal_size=32MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'logging_collector=off',
  'jit=off',
]

/** A running embedded server. */
export interface EmbeddedPostgres {
  /** postgres://… with the password. */
  url: string
  pid: number
  /** Stops the server cleanly; open connections are closed. */
  stop(): Promise<void>
}

/**
 * Starts Postgres in `folder` (made at first use) on a free loopback port. A server that a killed parent left behind is
 * stopped first; a stale pid file is no obstacle. The password is made once and kept in `folder`, readable by its owner.
 *
 * The package's own class is not used: it installs signal handlers that would end the process before it has stopped.
 * @throws TM_CATALOG_UNAVAILABLE with what the server said
 */
export async function startEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const home = resolve(folder)
  const cluster = join(home, 'cluster')
  mkdirSync(home, { recursive: true })
  const account = postgresAccount(postgresProgram('postgres'), cluster)
  if (account.owner) chownSync(home, account.owner.uid, account.owner.gid)
  const password = passwordOf(home)
  await stopOrphan(cluster)
  if (!existsSync(join(cluster, 'PG_VERSION'))) initialise(cluster, password, account)
  const port = await freePort()
  const server = await launch(cluster, port, account)
  return {
    url: urlOf(password, port),
    pid: server.pid ?? 0,
    stop: () => stop(server),
  }
}

/** Where the server that now runs in `folder` is, for other programs of the same user; undefined if none does. */
export function runningPostgresUrl(folder: string): string | undefined {
  const home = resolve(folder)
  const cluster = join(home, 'cluster')
  const server = readPidFile(cluster)
  if (!server || !isPostmaster(server.pid, cluster)) return undefined
  return urlOf(passwordOf(home), server.port)
}

function urlOf(password: string, port: number): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`
}

/** What a running server says of itself in its pid file (PostgreSQL, src/include/utils/pidfile.h). */
function readPidFile(cluster: string): { pid: number; folder: string; port: number } | undefined {
  const path = join(cluster, 'postmaster.pid')
  if (!existsSync(path)) return undefined
  const [pid, folder, , port] = readFileSync(path, 'utf8').split('\n')
  return { pid: Number(pid), folder, port: Number(port) }
}

function passwordOf(home: string): string {
  const path = join(home, 'password')
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('hex'), { mode: 0o600 })
  chmodSync(path, 0o600)
  return readFileSync(path, 'utf8').trim()
}

function initialise(cluster: string, password: string, account: PostgresAccount): void {
  rmSync(cluster, { recursive: true, force: true })
  mkdirSync(cluster, { mode: 0o700 })
  const { owner } = account
  if (owner) chownSync(cluster, owner.uid, owner.gid)
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-init-'))
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (owner) for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid)
  try {
    const options = [
      '--auth=scram-sha-256',
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]
    const command = account.command(postgresProgram('initdb'), [`--pgdata=${cluster}`, ...options])
    execFileSync(command.file, command.args, { ...command.options, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    rmSync(cluster, { recursive: true, force: true })
    if (error instanceof TidemarkError) throw error
    throw failure(`initdb failed: ${String((error as { stderr?: Buffer }).stderr ?? error)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function launch(cluster: string, port: number, account: PostgresAccount): Promise<ChildProcess> {
  const flags = SETTINGS.flatMap((setting) => ['-c', setting])
  // A group of its own: Ctrl-C reaches the parent alone, which stops the server last.
  const command = account.command(postgresProgram('postgres'), ['-D', cluster, '-p', String(port), ...flags])
  const server = spawn(command.file, command.args, {
    ...command.options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  await new Promise<void>((ready, reject) => {
    const late = setTimeout(() => reject(failure(`Postgres was not ready after ${START_MS} ms: ${said}`)), START_MS)
    server.on('error', (error) => reject(failure(error.message)))
    server.on('exit', (code) => reject(failure(`Postgres ended with status ${code}: ${said}`)))
    server.stderr?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4000)
      if (said.includes('ready to accept connections')) ready()
    })
    server.once('exit', () => clearTimeout(late))
    server.stderr?.once('close', () => clearTimeout(late))
    server.stderr?.on('data', () => said.includes('ready to accept connections') && clearTimeout(late))
  })
  server.unref()
  ;(server.stderr as unknown as { unref?: () => void })?.unref?.()
  return server
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise<void>((done) => server.once('exit', () => done()))
  server.ref()
  server.kill('SIGINT')
  const late = setTimeout(() => server.kill('SIGQUIT'), STOP_MS)
  await ended
  clearTimeout(late)
}

/** Stops a server that still runs on our cluster: its parent was killed. Its pid file names it. */
async function stopOrphan(cluster: string): Promise<void> {
  const left = readPidFile(cluster)
  if (!left) return
  const { pid, folder } = left
  if (!isPostmaster(pid, cluster) || folder !== cluster) {
    rmSync(join(cluster, 'postmaster.pid'), { force: true })
    return
  }
  process.kill(pid, 'SIGINT')
  for (const deadline = performance.now() + STOP_MS; performance.now() < deadline; await sleep(50)) {
    if (!isPostmaster(pid, cluster)) return
  }
  throw failure(`a Postgres left behind (process ${pid}) on ${cluster} does not stop`)
}

/** True if the process is a Postgres on this cluster: after a reboot its number may belong to anyone. */
function isPostmaster(pid: number, cluster: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const commandLine = `/proc/${pid}/cmdline`
  if (!existsSync('/proc/self/cmdline')) return true
  if (!existsSync(commandLine)) return false
  return readFileSync(commandLine, 'utf8').split('\0').includes(cluster)
}

async function freePort(): Promise<number> {
  return new Promise((found, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function failure(reason: string): TidemarkError {
  return new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason })
}
