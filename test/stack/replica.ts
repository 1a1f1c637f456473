import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { postgresAccount } from '../../adapters/embedded/postgres-account.js'
import { postgresProgram } from '../../adapters/embedded/postgres-programs.js'
import { freePort } from '../../infra/stack/ports.js'
import { makeCertificate } from './certificate.js'

/** A server that replays what a primary streams to it, with TLS. */
export interface Replica {
  url: string
  /** PEM file of the authority that signed it. */
  ca: string
  /** Stops and resumes its replay: it lags. */
  pauseReplay(): Promise<void>
  resumeReplay(): Promise<void>
  /** Resolves once it shows all that the primary has. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

/**
 * Makes a replica of a stopped primary from a copy of its files, then starts it.
 * @param primary its folder of files, and the address that it will have when it is started
 * @param startPrimary called once the copy is made
 */
export async function startReplica(
  folder: string,
  primary: { cluster: string; url: string },
  startPrimary: () => Promise<void>,
): Promise<Replica> {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const cluster = join(folder, 'cluster')
  execFileSync('cp', ['-a', primary.cluster, cluster])
  await startPrimary()
  const { hostname, port: primaryPort, username, password } = new URL(primary.url)
  const source = `host=${hostname} port=${primaryPort} user=${username} password=${password}`
  writeFileSync(join(cluster, 'standby.signal'), '')
  appendFileSync(
    join(cluster, 'postgresql.auto.conf'),
    `primary_conninfo = '${source}'\nmax_standby_streaming_delay = 0\n`,
  )
  const port = await freePort(undefined, new Set())
  const url = Object.assign(new URL(primary.url), { port: String(port) }).href
  const { ca, settings } = certify(folder, cluster)
  const server = launch(cluster, port, settings)
  const ask = (sql: string, at = url) => askOnce(at, sql)
  await until(() => ask('SELECT 1'))
  return {
    url,
    ca,
    pauseReplay: async () => void (await ask('SELECT pg_wal_replay_pause()')),
    resumeReplay: async () => void (await ask('SELECT pg_wal_replay_resume()')),
    async caughtUp() {
      const [{ lsn }] = await ask('SELECT pg_current_wal_lsn() AS lsn', primary.url)
      await until(async () => {
        const [{ done }] = await ask(`SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS done`)
        if (!done) throw new Error('it lags')
      })
    },
    async stop() {
      const ended = once(server, 'exit')
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function launch(cluster: string, port: number, settings: string[]) {
  const program = postgresProgram('postgres')
  const own = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100', ...settings]
  const args = ['-D', cluster, '-p', String(port), ...own.flatMap((setting) => ['-c', setting])]
  const { file, args: all, options } = postgresAccount(program, cluster).command(program, args)
  return spawn(file, all, { ...options, stdio: 'ignore' })
}

/** A certificate for `localhost`, readable by whoever owns the cluster. */
function certify(folder: string, cluster: string): { ca: string; settings: string[] } {
  const { ca, cert: madeCert, key: madeKey } = makeCertificate(folder, 'localhost')
  const [cert, key] = [join(cluster, 'server.crt'), join(cluster, 'server.key')]
  copyFileSync(madeCert, cert)
  copyFileSync(madeKey, key)
  const { uid, gid } = statSync(cluster)
  for (const path of [cert, key, join(cluster, 'standby.signal')]) chownSync(path, uid, gid)
  chmodSync(key, 0o600)
  return { ca, settings: ['ssl=on', 'ssl_cert_file=server.crt', 'ssl_key_file=server.key'] }
}

async function askOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function until(attempt: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    try {
      await attempt()
      return
    } catch (thrown) {
      if (Date.now() > deadline) throw thrown
    }
  }
}
