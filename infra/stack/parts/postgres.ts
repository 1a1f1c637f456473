import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { postgresAccount } from '../../../adapters/embedded/postgres-account.js'
import { postgresProgram, postgresVersion } from '../../../adapters/embedded/postgres-programs.js'
import type { PartDefinition, Place } from '../part.js'
import { untilGoneFrom } from '../processes.js'

const run = promisify(execFile)

const USER = 'tidemark'
const PASSWORD = 'tidemark'
const DATABASE = 'postgres'
const ANSWER_MS = 1_000

/** The Postgres that comes with Tidemark's packages: nothing to install, and it runs under root as well. */
export const postgres: PartDefinition = {
  version: postgresVersion(),
  stopSignal: 'SIGINT',
  async install() {},
  async prepare(place) {
    mkdirSync(place.folder, { recursive: true })
    const cluster = clusterOf(place)
    if (existsSync(cluster)) {
      // A killed server leaves the file, and a zombie that nobody reaps would make it look valid for ever.
      await untilGoneFrom(cluster, 'postgres')
      rmSync(join(cluster, 'postmaster.pid'), { force: true })
      return
    }
    // Made beside it and moved there: what a killed run left half made is begun again.
    const unfinished = `${cluster}.new`
    const { owner, command } = postgresAccount(postgresProgram('initdb'), unfinished)
    const passwordFile = join(place.folder, 'password')
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { mode: 0o700 })
    writeFileSync(passwordFile, PASSWORD, { mode: 0o600 })
    if (owner) for (const path of [place.folder, unfinished, passwordFile]) chownSync(path, owner.uid, owner.gid)
    const login = [`--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    const options = [`--pgdata=${unfinished}`, ...login, '--encoding=UTF8', '--locale=C', '--no-instructions']
    const initdb = command(postgresProgram('initdb'), options)
    await run(initdb.file, initdb.args, initdb.options)
    renameSync(unfinished, cluster)
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
