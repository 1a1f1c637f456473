import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Connection } from '@temporalio/client'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import { TASK_QUEUE } from '../schemas/flows.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { RecomputeProgress, RecomputeSignal, Workflows, WorkflowsStatus } from '../schemas/ports/workflows.js'
import type { Clock, TimeRange } from '../schemas/time.js'
import { createTemporalServer, type ServerStatus, type TemporalServer } from './embedded/temporal-server.js'
import { recomputeProgress, requestRecompute, signalRecompute } from './temporal-recomputes.js'
import { ensureSchedules } from './temporal-schedules.js'

/** A request to the server that takes longer than this has failed, ms. */
const REQUEST_MS = 5_000
const CONNECT_MS = 3_000
/** A lost session is opened again after this, ms. */
const REOPEN_MS = 2_000
/** Running workflows that a status lists. */
const LISTED = 50

/** A worker that polls; `ended` settles when it polls no more. */
export interface RunningWorker {
  ended: Promise<void>
  stop(): Promise<void>
}

/** Starts a worker for our flows; the module with it is heavy, so it is loaded only once there is a server. */
export interface WorkerModule<A> {
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
  const { config, logger, clock } = options
  const closing = new AbortController()
  const fixedAddress = config.temporal.address
  const server = fixedAddress === '' ? embeddedServer(options, onServerChange) : undefined
  let session: Session | undefined
  let problem: TidemarkError | undefined
  let life: Promise<void> | undefined

  /** Opens a session, and another one when it is lost. */
  async function live(): Promise<void> {
    server?.start()
    while (!closing.signal.aborted) {
      const address = server ? server.status().address : fixedAddress
      try {
        if (address) {
          session = await openSession(options, address)
          problem = undefined
          logger.info({ address }, 'Temporal worker polls')
          await session.worker.ended
        }
      } catch (thrown) {
        const reason = (thrown as Error).message
        if (!closing.signal.aborted) logger.warn({ address, reason }, 'Temporal session was lost')
        problem = unreachable(`${address}: ${reason}`)
      } finally {
        await session?.connection.close()
        session = undefined
      }
      await pause(address ? REOPEN_MS : 100)
    }
  }

  /** A server that came back on another port needs a new session; on the same one the worker finds it again. */
  function onServerChange({ state, address }: ServerStatus): void {
    if (state === 'running' && session && session.address !== address) void session.worker.stop()
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined)

  /** Runs a request on the open session. What the server does not answer becomes TM_TEMPORAL_MISSING. */
  async function ask<T>(request: (client: Client) => Promise<T>): Promise<T> {
    if (!session) throw problemOf(server?.status(), problem, config)
    const { client, connection } = session
    try {
      return await connection.withDeadline(clock() + REQUEST_MS, () => request(client))
    } catch (thrown) {
      throw thrown instanceof TidemarkError ? thrown : unreachable((thrown as Error).message, thrown)
    }
  }

  return {
    start() {
      if (config.temporal.enabled) life ??= live()
    },

    async status(): Promise<WorkflowsStatus> {
      const serverStatus = server?.status()
      const isServing = session && (!serverStatus || serverStatus.state === 'running')
      if (!isServing) return waitingStatus(serverStatus, problem, config)
      const running = await ask(listRunning).catch(() => [])
      return { state: 'running', address: session?.address, running }
    },

    recompute: (range: TimeRange) => ask(({ workflow }) => requestRecompute(workflow, range, clock)),

    progress: (workflowId: string): Promise<RecomputeProgress> => ask(({ workflow }) => recomputeProgress(workflow, workflowId)),

    signal: (workflowId: string, signal: RecomputeSignal) => ask(({ workflow }) => signalRecompute(workflow, workflowId, signal)),

    async close() {
      closing.abort()
      await session?.worker.stop()
      await life
      await server?.close()
    },
  }
}

function embeddedServer<A>(options: TemporalOptions<A>, onChange: (status: ServerStatus) => void): TemporalServer {
  const { dataDir, searchPath, env, clock, logger } = options
  const { install, namespace } = options.config.temporal
  const answers = (address: string) => serves(address, namespace)
  return createTemporalServer({ dataDir, searchPath, env, install, namespace, clock, logger, answers, onChange })
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
function waitingStatus(server: ServerStatus | undefined, problem: TidemarkError | undefined, config: Config): WorkflowsStatus {
  const isComing = config.temporal.enabled && server && server.state !== 'paused' && server.state !== 'closed'
  if (isComing) return { state: 'starting', reason: startingReason(server), running: [] }
  const { message, hint } = problemOf(server, problem, config)
  return { state: 'paused', reason: `${message}; mend it with: ${hint}`, running: [] }
}

function startingReason({ state, progress }: ServerStatus): string {
  if (state !== 'installing' || !progress) return `the Temporal server: ${state === 'running' ? 'worker is starting' : state}`
  const percent = progress.percent === undefined ? '' : ` ${Math.floor(progress.percent)} %`
  return `installing the Temporal CLI: ${progress.phase}${percent}, ${Math.round(progress.elapsedMs / 1000)} s`
}

function problemOf(server: ServerStatus | undefined, problem: TidemarkError | undefined, config: Config): TidemarkError {
  if (!config.temporal.enabled) {
    const fix = 'set temporal.enabled to true and restart'
    return new TidemarkError('TM_TEMPORAL_MISSING', { reason: 'temporal.enabled is false', fix })
  }
  if (server?.problem) return server.problem
  if (server) return new TidemarkError('TM_TEMPORAL_MISSING', { reason: startingReason(server), fix: 'wait; `tidemark status` shows when it runs' })
  return problem ?? unreachable(`${config.temporal.address} has not answered yet`)
}

function unreachable(reason: string, cause?: unknown): TidemarkError {
  const fix = 'check that the server of temporal.address runs; `tidemark doctor` tries it'
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason, fix }, cause)
}
