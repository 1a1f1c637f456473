import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '@temporalio/client'
import type { Config } from '../../schemas/config/schema.js'
import type { TidemarkError } from '../../schemas/errors.js'
import type { QueueKind } from '../../schemas/flows.js'
import type { Logger } from '../../schemas/ports/logger.js'
import type { Clock } from '../../schemas/time.js'
import { clientOptions, type ServerConnection, serverConnection } from './connection.js'
import { buildIdOf, claimTurn, DEPLOYMENT, knowsBuilds, type Turn } from './deployment.js'
import { noSession } from './problems.js'
import { ensureSchedules } from './schedules.js'

const CONNECT_MS = 3_000
/** A lost session is opened again after this, ms. */
const REOPEN_MS = 2_000
const REQUEST_MS = 8_000
/** A build that the server has not seen yet is looked for so often, ms. */
const SOON_MS = 500
/** Whether it is this build's turn is looked at so often, ms. */
const LOOK_MS = 30_000

/** Steps of escalation that a worker takes at once; each is a transaction. */
const ALERT_SLOTS = 8

const TURNS = {
  ours: 'this build gets the work',
  another: 'a newer build gets the work; this one waits until no worker of it is left',
} as const satisfies Record<Exclude<Turn, 'unseen'>, string>

/** A worker that polls; `ended` settles when it polls no more. */
interface RunningWorker {
  ended: Promise<void>
  stop(): Promise<void>
}

/** Starts a worker for our flows; the module with it is heavy, so it is loaded only once there is a server. */
interface WorkerModule<A> {
  startWorker(options: {
    connection: ServerConnection
    namespace: string
    bundlePath: string
    activities: A
    slots: Record<QueueKind, number>
    build: { deploymentName: string; buildId: string; isVersioned: boolean }
    logger: Logger
  }): Promise<RunningWorker>
}

/** What a worker is made of. `A` is the type of the activities. */
export interface TemporalWorkerOptions<A> {
  config: Config
  activities: A
  loadWorker(): Promise<WorkerModule<A>>
  /** The bundled flows. */
  bundlePath: string
  /** Version of this build. */
  version: string
  logger: Logger
  clock: Clock
}

/** A server that answers, with our worker and schedules on it. */
interface Session {
  address: string
  worker: RunningWorker
  /** Set where the server tells builds apart. */
  buildId?: string
}

/** Where an embedded server is; without one the server is at `temporal.address`. */
interface EmbeddedAddress {
  address(): string | undefined
}

/**
 * A worker for batch work, with the schedules that give it some. It comes back by itself when the server does. On a
 * server that tells builds apart, a newer build takes the work over from an older one.
 */
export class KeptWorker<A> {
  readonly #options: TemporalWorkerOptions<A>
  readonly #embedded: EmbeddedAddress | undefined
  readonly #closing = new AbortController()
  #session: Session | undefined
  #problem: TidemarkError | undefined
  #life: Promise<void> | undefined
  #serverChanged = () => {}

  constructor(options: TemporalWorkerOptions<A>, embedded?: EmbeddedAddress) {
    this.#options = options
    this.#embedded = embedded
  }

  /** Where it polls, while it does. */
  get polledAddress(): string | undefined {
    return this.#session?.address
  }

  /** Why it does not. */
  get problem(): TidemarkError | undefined {
    return this.#problem
  }

  /** Begins to look for the server; returns at once. */
  start(): void {
    this.#life ??= this.#live()
  }

  /** Lets the tasks in hand finish. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#serverChanged()
    await this.#session?.worker.stop()
    await this.#life
  }

  /** A server that came back on another port needs a new session; on the same one the worker finds it again. */
  onServerChange(): void {
    const address = this.#embedded?.address()
    if (address !== undefined && this.#session && this.#session.address !== address) void this.#session.worker.stop()
    this.#serverChanged()
  }

  /** Opens a session, and another one when it is lost. */
  async #live(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const address = this.#embedded ? this.#embedded.address() : this.#options.config.temporal.address
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
    let connection: Connection | undefined
    try {
      connection = await connect(this.#options.config, address)
      const session = await openSession(this.#options, connection, address, this.#embedded !== undefined)
      this.#session = session
      this.#problem = undefined
      logger.info({ address, build: session.buildId }, 'Temporal worker polls')
      // Closed while it was opened: nobody else knows of this worker yet.
      if (closing.aborted) await session.worker.stop()
      await Promise.all([session.worker.ended, this.#keepTurn(connection, session)])
    } catch (thrown) {
      if (closing.aborted) return
      const problem = noSession(address, thrown, this.#embedded !== undefined)
      if (this.#problem?.message !== problem.message) logger.warn({ fix: problem.hint }, problem.message)
      this.#problem = problem
    } finally {
      await this.#session?.worker.stop()
      this.#session = undefined
      await connection?.close()
    }
    await sleepUnless(REOPEN_MS, closing)
  }

  /** Takes the work over when it is this build's turn, for as long as the session lasts. */
  async #keepTurn(connection: Connection, { worker, buildId }: Session): Promise<void> {
    if (buildId === undefined) return
    const { config, clock, logger } = this.#options
    const over = new AbortController()
    const stop = () => over.abort()
    worker.ended.then(stop, stop)
    let turn: Turn = 'unseen'
    while (!over.signal.aborted) {
      const claim = () => claimTurn(connection, config.temporal.namespace, buildId, clock)
      // A server that is away for a while is looked at again, as the worker itself does.
      const next = await connection.withDeadline(clock() + REQUEST_MS, claim).catch(() => turn)
      if (next !== turn && next !== 'unseen') logger.info({ build: buildId }, TURNS[next])
      turn = next
      await sleepUnless(turn === 'unseen' ? SOON_MS : LOOK_MS, over.signal)
    }
  }
}

/** Waits, but not after the signal. */
export async function sleepUnless(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Connects, or fails within seconds. */
export async function connect({ temporal }: Config, address: string): Promise<Connection> {
  const { Connection } = await import('@temporalio/client')
  const options = clientOptions(serverConnection(temporal, address))
  return Connection.connect({ ...options, connectTimeout: CONNECT_MS })
}

async function openSession<A>(
  options: TemporalWorkerOptions<A>,
  connection: Connection,
  address: string,
  isEmbedded: boolean,
): Promise<Session> {
  const { config, bundlePath, activities, version, logger } = options
  const { namespace, batch_slots, upkeep_slots } = config.temporal
  // An embedded server has one worker, which ends with it: there is nothing to tell apart.
  const isVersioned = !isEmbedded && (await knowsBuilds(connection, namespace))
  const buildId = buildIdOf(version, bundlePath)
  const { startWorker } = await options.loadWorker()
  const worker = await startWorker({
    connection: serverConnection(config.temporal, address),
    namespace,
    bundlePath,
    activities,
    slots: { batch: batch_slots, upkeep: upkeep_slots, alerts: ALERT_SLOTS },
    build: { deploymentName: DEPLOYMENT, buildId, isVersioned },
    logger,
  })
  const { Client } = await import('@temporalio/client')
  await ensureSchedules(new Client({ connection, namespace }).schedule, config).catch(async (thrown) => {
    await worker.stop()
    throw thrown
  })
  return { address, worker, ...(isVersioned && { buildId }) }
}
