import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Connection } from '@temporalio/client'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import { TASK_QUEUE } from '../schemas/flows.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { RecomputeProgress, RecomputeSignal, Workflows, WorkflowsStatus } from '../schemas/ports/workflows.js'
import type { Clock, TimeRange } from '../schemas/time.js'
import { TEMPORAL_ARCHIVES } from './embedded/temporal-install.js'
import { createTemporalServer, type ServerStatus, type TemporalServer } from './embedded/temporal-server.js'
import { recomputeProgress, requestRecompute, signalRecompute } from './temporal-recomputes.js'
import { ensureSchedules } from './temporal-schedules.js'

/** A request to the server that takes longer than this has failed, ms. */
const REQUEST_MS = 8_000
const LIST_MS = 2_000
const CONNECT_MS = 3_000
/** A lost session is opened again after this, ms. */
const REOPEN_MS = 2_000
/** Running workflows that a status lists. */
const LISTED = 50

/** A worker that polls; `ended` settles when it polls no more. */
interface RunningWorker {
  ended: Promise<void>
  stop(): Promise<void>
}

/** Starts a worker for our flows; the module with it is heavy, so it is loaded only once there is a server. */
interface WorkerModule<A> {
  startWorker(options: {
    address: string
    namespace: string
    bundlePath: string
    activities: A
    logger: Logger
  }): Promise<RunningWorker>
}

/** What the adapter is made of. `A` is the type of the activities. */
export interface TemporalOptions<A> {
  config: Config
  dataDir: string
  activities: A
  loadWorker(): Promise<WorkerModule<A>>
  /** The bundled flows. */
  bundlePath: string
  logger: Logger
  clock: Clock
  /** Folders in which `temporal` and `go` are looked for. */
  searchPath: string[]
  /** Environment of the server, and of the Go compiler. */
  env: NodeJS.ProcessEnv
}

/** Batch work by Temporal: a server (ours, or the one at `temporal.address`), a worker, schedules. */
export interface Temporal extends Workflows {
  /** Begins to look for a server; returns at once. */
  start(): void
  /** Lets the tasks in hand finish, then ends worker and server. */
  close(): Promise<void>
}

/** A server that answers, with our worker and schedules on it. */
interface Session {
  address: string
  connection: Connection
  client: Client
  worker: RunningWorker
}

export function createTemporal<A>(options: TemporalOptions<A>): Temporal {
  return new KeptSession(options)
}

class KeptSession<A> implements Temporal {
  readonly #options: TemporalOptions<A>
  readonly #fixedAddress: string
  /** Our own server, where none is named. */
  readonly #server: TemporalServer | undefined
  readonly #closing = new AbortController()
  #session: Session | undefined
  #problem: TidemarkError | undefined
  #life: Promise<void> | undefined
  #serverChanged = () => {}

  constructor(options: TemporalOptions<A>) {
    this.#options = options
    this.#fixedAddress = options.config.temporal.address
    if (this.#fixedAddress === '') this.#server = embeddedServer(options, (status) => this.#onServerChange(status))
  }

  start(): void {
    if (this.#options.config.temporal.enabled) this.#life ??= this.#live()
  }

  async status(): Promise<WorkflowsStatus> {
    const serverStatus = this.#server?.status()
    const isServing = this.#session && (!serverStatus || serverStatus.state === 'running')
    if (!isServing) return waitingStatus(serverStatus, this.#problem, this.#options.config)
    const running = await this.#ask(listRunning, LIST_MS).catch(() => [])
    return { state: 'running', address: this.#session?.address, running }
  }

  recompute(range: TimeRange): Promise<{ workflowId: string }> {
    return this.#ask(({ workflow }) => requestRecompute(workflow, range, this.#options.clock))
  }

  progress(workflowId: string): Promise<RecomputeProgress> {
    return this.#ask(({ workflow }) => recomputeProgress(workflow, workflowId))
  }

  signal(workflowId: string, signal: RecomputeSignal): Promise<void> {
    return this.#ask(({ workflow }) => signalRecompute(workflow, workflowId, signal))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#serverChanged()
    await this.#session?.worker.stop()
    await this.#life
    await this.#server?.close()
  }

  /** Opens a session, and another one when it is lost. */
  async #live(): Promise<void> {
    this.#server?.start()
    while (!this.#closing.signal.aborted) {
      const address = this.#server ? this.#server.status().address : this.#fixedAddress
      if (address) await this.#keepSession(address)
      else
        await new Promise<void>((resolve) => {
          this.#serverChanged = resolve
        })
    }
  }

  async #keepSession(address: string): Promise<void> {
    const { logger } = this.#options
    const closing = this.#closing.signal
    try {
      this.#session = await openSession(this.#options, address)
      this.#problem = undefined
      logger.info({ address }, 'Temporal worker polls')
      // Closed while it was opened: nobody else knows of this worker yet.
      if (closing.aborted) await this.#session.worker.stop()
      await this.#session.worker.ended
    } catch (thrown) {
      if (closing.aborted) return
      this.#problem = noSession(address, thrown, this.#server !== undefined)
      logger.warn({ fix: this.#problem.hint }, this.#problem.message)
    } finally {
      await this.#session?.connection.close()
      this.#session = undefined
    }
    await sleepUnless(REOPEN_MS, closing)
  }

  /** A server that came back on another port needs a new session; on the same one the worker finds it again. */
  #onServerChange({ state, address }: ServerStatus): void {
    const session = this.#session
    if (state === 'running' && session && session.address !== address) void session.worker.stop()
    this.#serverChanged()
  }

  /** Runs a request on the open session. What the server does not answer becomes TM_TEMPORAL_MISSING. */
  async #ask<T>(request: (client: Client) => Promise<T>, withinMs = REQUEST_MS): Promise<T> {
    const { clock, config } = this.#options
    if (!this.#session) throw problemOf(this.#server?.status(), this.#problem, config)
    const { client, connection } = this.#session
    try {
      return await connection.withDeadline(clock() + withinMs, () => request(client))
    } catch (thrown) {
      throw thrown instanceof TidemarkError ? thrown : noAnswer(thrown)
    }
  }
}

function embeddedServer<A>(options: TemporalOptions<A>, onChange: (status: ServerStatus) => void): TemporalServer {
  const { dataDir, searchPath, env, clock, logger } = options
  const { install, namespace } = options.config.temporal
  const answers = (address: string) => serves(address, namespace)
  const rest = { clock, logger, answers, onChange, sleep: sleepUnless, archives: TEMPORAL_ARCHIVES }
  return createTemporalServer({ dataDir, searchPath, env, install, namespace, ...rest })
}

/** Waits, but not after the signal. */
async function sleepUnless(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** True if a server there knows the namespace: it opens its port before that. */
async function serves(address: string, namespace: string): Promise<boolean> {
  const { Connection } = await import('@temporalio/client')
  try {
    const connection = await Connection.connect({ address, connectTimeout: CONNECT_MS })
    try {
      await connection.workflowService.describeNamespace({ namespace })
      return true
    } finally {
      await connection.close()
    }
  } catch {
    return false
  }
}

async function openSession<A>(options: TemporalOptions<A>, address: string): Promise<Session> {
  const { config, bundlePath, activities, logger } = options
  const { namespace } = config.temporal
  const { Client, Connection } = await import('@temporalio/client')
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_MS })
  try {
    const client = new Client({ connection, namespace })
    const { startWorker } = await options.loadWorker()
    const worker = await startWorker({ address, namespace, bundlePath, activities, logger })
    await ensureSchedules(client.schedule, config).catch(async (thrown) => {
      await worker.stop()
      throw thrown
    })
    return { address, connection, client, worker }
  } catch (thrown) {
    await connection.close()
    throw thrown
  }
}

async function listRunning({ workflow }: Client): Promise<WorkflowsStatus['running']> {
  const running: WorkflowsStatus['running'] = []
  const query = `TaskQueue = '${TASK_QUEUE}' AND ExecutionStatus = 'Running'`
  for await (const { workflowId, type, startTime } of workflow.list({ query, pageSize: LISTED })) {
    running.push({ workflowId, type, startedMs: startTime.getTime() })
    if (running.length === LISTED) break
  }
  return running
}

/** The status while there is no session: what is being done about it, or what the user must do. */
function waitingStatus(
  server: ServerStatus | undefined,
  problem: TidemarkError | undefined,
  config: Config,
): WorkflowsStatus {
  const isStopped = server?.state === 'paused' || server?.state === 'closed'
  if (config.temporal.enabled && !isStopped && !problem)
    return { state: 'starting', reason: startingReason(server, config), running: [] }
  const { message, hint } = problemOf(server, problem, config)
  return { state: 'paused', reason: `${message}; mend it with: ${hint}`, running: [] }
}

function startingReason(server: ServerStatus | undefined, config: Config): string {
  if (!server) return `${config.temporal.address} has not answered yet`
  const { state, progress } = server
  if (state !== 'installing' || !progress)
    return `the Temporal server: ${state === 'running' ? 'worker is starting' : state}`
  const percent = progress.percent === undefined ? '' : ` ${Math.floor(progress.percent)} %`
  return `installing the Temporal CLI: ${progress.phase}${percent}, ${Math.round(progress.elapsedMs / 1000)} s`
}

function problemOf(
  server: ServerStatus | undefined,
  problem: TidemarkError | undefined,
  config: Config,
): TidemarkError {
  if (!config.temporal.enabled) {
    const fix = 'set temporal.enabled to true and restart'
    return new TidemarkError('TM_TEMPORAL_MISSING', { reason: 'temporal.enabled is false', fix })
  }
  const known = server?.problem ?? problem
  if (known) return known
  return new TidemarkError('TM_TEMPORAL_MISSING', {
    reason: startingReason(server, config),
    fix: 'wait; `tidemark status` shows when it runs',
  })
}

/** The server is there but did not answer a request: it is busy, or the worker that would answer has just started. */
function noAnswer(thrown: unknown): TidemarkError {
  const { message, cause } = thrown as Error
  const reason = `it did not answer: ${cause instanceof Error ? cause.message : message}`
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason, fix: 'try again in a few seconds' }, thrown)
}

/** Why there is no session: with a server of ours that runs, it is the worker that cannot start. */
function noSession(address: string, thrown: unknown, isOurs: boolean): TidemarkError {
  const reason = `${address}: ${(thrown as Error).message}`
  const fix = isOurs ? 'npm run build' : 'check that temporal.address and temporal.namespace name a server that runs'
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason, fix }, thrown)
}
