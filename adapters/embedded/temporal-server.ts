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
  return new KeptServer(options)
}

class KeptServer implements TemporalServer {
  readonly #options: TemporalServerOptions
  readonly #folder: string
  readonly #binDir: string
  readonly #closing = new AbortController()
  #status: ServerStatus = { state: 'looking' }
  #server: TemporalProcess | undefined
  #life: Promise<void> | undefined

  constructor(options: TemporalServerOptions) {
    this.#options = options
    this.#folder = resolve(options.dataDir, 'temporal')
    this.#binDir = resolve(options.dataDir, 'bin')
  }

  start(): void {
    this.#life ??= this.#live()
  }

  status(): ServerStatus {
    return this.#status
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#server?.stop()
    await this.#life
    this.#move('close')
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted
  }

  #move(event: ServerEvent, facts: Omit<ServerStatus, 'state'> = {}): void {
    this.#status = { state: next[this.#status.state][event], ...facts }
    this.#options.onChange?.(this.#status)
  }

  #pause(ms: number): Promise<void> {
    return this.#options.sleep(ms, this.#closing.signal)
  }

  /** Looks, starts, keeps up; when that is not possible, says why and looks again later. */
  async #live(): Promise<void> {
    while (!this.#isClosing) {
      try {
        await this.#keepUp(await this.#obtain())
      } catch (thrown) {
        if (this.#isClosing) return
        const problem = asTidemarkError(thrown)
        const isNews = this.#status.problem?.message !== problem.message
        if (isNews) this.#options.logger.warn({ fix: problem.hint }, problem.message)
        this.#move('gaveUp', { problem })
        await this.#pause(LOOK_AGAIN_MS)
        if (!this.#isClosing) this.#status = { ...this.#status, state: next[this.#status.state].lookAgain }
      }
    }
  }

  async #obtain(): Promise<string> {
    const binDir = this.#binDir
    const { searchPath, env, archives, clock, logger, install } = this.#options
    const found = await findProgram('temporal', [...searchPath, binDir])
    if (found) return found
    // One attempt a start: what failed once is left to the user's command, which is noticed when we look again.
    if (this.#status.problem) throw this.#status.problem
    if (!install) throw await missing(`no "temporal" on PATH or in ${binDir}`, { binDir, searchPath, archives })
    this.#move('install')
    logger.info({ binDir }, 'installing the Temporal CLI; everything else runs meanwhile')
    const onProgress = (progress: InstallProgress) => this.#move('install', { progress })
    return installTemporal({ archives, binDir, searchPath, env, clock, onProgress, signal: this.#closing.signal })
  }

  /** Starts the server again whenever it dies. Throws when it does not stay up. */
  async #keepUp(program: string): Promise<void> {
    const { clock, logger } = this.#options
    let deaths = 0
    while (!this.#isClosing) {
      const startedMs = clock()
      const reason = deathOf(await this.#serve(program))
      if (this.#isClosing) return
      logger.warn({ reason }, 'Temporal server ended')
      deaths = clock() - startedMs > HEALTHY_MS ? 1 : deaths + 1
      if (deaths === MAX_DEATHS) throw unusable(reason, this.#folder)
      await this.#pause(FIRST_BACKOFF_MS * 2 ** (deaths - 1))
    }
  }

  /** One server from its start to its end; its last lines. */
  async #serve(program: string): Promise<string[]> {
    this.#move('launch')
    const { namespace, env, logger } = this.#options
    const onLine = (line: string) => logger.debug({ part: 'temporal server' }, line)
    const server = await launchTemporal({ program, folder: this.#folder, namespace, env, onLine })
    this.#server = server
    const { address, pid } = server
    if (await this.#answersInTime(server)) {
      logger.info({ address, pid }, 'Temporal server runs')
      this.#move('answered', { address, pid })
    } else {
      await server.stop()
    }
    return server.exited
  }

  async #answersInTime({ address, exited }: TemporalProcess): Promise<boolean> {
    const { clock, answers } = this.#options
    let isWanted = true
    exited.then(() => {
      isWanted = false
    })
    for (const startedMs = clock(); clock() - startedMs < ANSWER_MS && isWanted && !this.#isClosing; ) {
      if (await answers(address)) return isWanted && !this.#isClosing
      await this.#pause(POLL_MS)
    }
    return false
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
