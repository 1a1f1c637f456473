import { join, resolve } from 'node:path'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { Logger } from '../../schemas/ports/logger.js'
import type { Clock } from '../../schemas/time.js'
import { findProgram, type InstallProgress, installTemporal, missing } from './temporal-install.js'
import { databaseIn, launchTemporal, type TemporalProcess } from './temporal-process.js'
import { next, type ServerEvent, type ServerState } from './temporal-states.js'

const POLL_MS = 100
/** A server that does not answer within this is started again. */
const ANSWER_MS = 60_000
const FIRST_BACKOFF_MS = 1_000
const MAX_DEATHS = 5
/** A server that ran this long is healthy; its earlier deaths are forgotten. */
const HEALTHY_MS = 60_000
/** A paused server is looked for again after this, so that the user's fix needs no restart. */
const LOOK_AGAIN_MS = 30_000

/** Where the server lives, and how it may be had. */
export interface TemporalServerOptions {
  dataDir: string
  /** Folders in which `temporal` and `go` are looked for. */
  searchPath: string[]
  /** Environment of the server and of the Go compiler. */
  env: NodeJS.ProcessEnv
  /** True if the program may be installed into `<data>/bin`. */
  install: boolean
  /** Address of the published archives. */
  archives: string
  namespace: string
  clock: Clock
  /** Waits, but not after the signal. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  logger: Logger
  /** True once a server answers requests there. */
  answers(address: string): Promise<boolean>
  /** Called at each change of state or of progress; must not throw. */
  onChange?(status: ServerStatus): void
}

/** What the server does at the moment. */
export interface ServerStatus {
  state: ServerState
  address?: string
  pid?: number
  progress?: InstallProgress
  /** For paused: the reason and the command that mends it. */
  problem?: TidemarkError
}

/** A Temporal development server that is found or installed, started, kept up and ended for us. */
export interface TemporalServer {
  /** Begins; returns at once. */
  start(): void
  status(): ServerStatus
  /** Ends the server, or its installation. */
  close(): Promise<void>
}

export function createTemporalServer(options: TemporalServerOptions): TemporalServer {
  const { clock, logger, onChange } = options
  const folder = resolve(options.dataDir, 'temporal')
  const binDir = resolve(options.dataDir, 'bin')
  const closing = new AbortController()
  let status: ServerStatus = { state: 'looking' }
  let server: TemporalProcess | undefined
  let life: Promise<void> | undefined

  function move(event: ServerEvent, facts: Omit<ServerStatus, 'state'> = {}): void {
    status = { state: next[status.state][event], ...facts }
    onChange?.(status)
  }

  /** Looks, starts, keeps up; when that is not possible, says why and looks again later. */
  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await keepUp(await obtain())
      } catch (thrown) {
        if (closing.signal.aborted) return
        const problem = asTidemarkError(thrown)
        if (status.problem?.message !== problem.message) logger.warn({ fix: problem.hint }, problem.message)
        move('gaveUp', { problem })
        await pause(LOOK_AGAIN_MS)
        if (!closing.signal.aborted) status = { ...status, state: next[status.state].lookAgain }
      }
    }
  }

  async function obtain(): Promise<string> {
    const found = await findProgram('temporal', [...options.searchPath, binDir])
    if (found) return found
    // One attempt a start: what failed once is left to the user's command, which is noticed when we look again.
    if (status.problem) throw status.problem
    const { searchPath, env, archives } = options
    if (!options.install) throw await missing(`no "temporal" on PATH or in ${binDir}`, { binDir, searchPath, archives })
    move('install')
    logger.info({ binDir }, 'installing the Temporal CLI; everything else runs meanwhile')
    const onProgress = (progress: InstallProgress) => move('install', { progress })
    return installTemporal({ archives, binDir, searchPath, env, clock, onProgress, signal: closing.signal })
  }

  /** Starts the server again whenever it dies. Throws when it does not stay up. */
  async function keepUp(program: string): Promise<void> {
    let deaths = 0
    while (!closing.signal.aborted) {
      const startedMs = clock()
      const reason = deathOf(await serve(program))
      if (closing.signal.aborted) return
      logger.warn({ reason }, 'Temporal server ended')
      deaths = clock() - startedMs > HEALTHY_MS ? 1 : deaths + 1
      if (deaths === MAX_DEATHS) throw unusable(reason, folder)
      await pause(FIRST_BACKOFF_MS * 2 ** (deaths - 1))
    }
  }

  /** One server from its start to its end; its last lines. */
  async function serve(program: string): Promise<string[]> {
    move('launch')
    const { namespace, env } = options
    const onLine = (line: string) => logger.debug({ part: 'temporal server' }, line)
    server = await launchTemporal({ program, folder, namespace, env, onLine })
    const { address, pid } = server
    if (await answersInTime(server)) {
      logger.info({ address, pid }, 'Temporal server runs')
      move('answered', { address, pid })
    } else {
      await server.stop()
    }
    return server.exited
  }

  async function answersInTime({ address, exited }: TemporalProcess): Promise<boolean> {
    let isWanted = true
    exited.then(() => {
      isWanted = false
    })
    for (const startedMs = clock(); clock() - startedMs < ANSWER_MS && isWanted && !closing.signal.aborted; ) {
      if (await options.answers(address)) return isWanted && !closing.signal.aborted
      await pause(POLL_MS)
    }
    return false
  }

  const pause = (ms: number) => options.sleep(ms, closing.signal)

  return {
    start() {
      life ??= live()
    },
    status: () => status,
    async close() {
      closing.abort()
      await server?.stop()
      await life
      move('close')
    },
  }
}

/** The last line that says something: start-dev logs JSON, and prints plain errors. */
function deathOf(lines: string[]): string {
  const telling =
    lines.filter((line) => /error|fatal|unable|not a database|malformed|denied/i.test(line)).at(-1) ?? lines.at(-1)
  return (telling ?? 'it said nothing').slice(0, 400)
}

/** A server that does not stay up; most often its database is at fault, which holds nothing that cannot be made anew. */
function unusable(reason: string, folder: string): TidemarkError {
  const database = databaseIn(folder)
  const isDatabase = /sqlite|database|malformed|unable to open|disk|read-?only|permission/i.test(reason)
  return new TidemarkError('TM_TEMPORAL_MISSING', {
    reason: isDatabase
      ? `its database ${database} cannot be used: ${reason}`
      : `the server does not stay up: ${reason}`,
    fix: `mv '${database}' '${join(folder, 'temporal.db.damaged')}'`,
  })
}
