import type { Config } from '../../schemas/config/schema.js'
import type { EscalationSignal } from '../../schemas/flows.js'
import type {
  Escalations,
  RecomputeProgress,
  RecomputeSignal,
  Workflows,
  WorkflowsStatus,
} from '../../schemas/ports/workflows.js'
import type { TimeRange } from '../../schemas/time.js'
import { TEMPORAL_ARCHIVES } from '../embedded/temporal-install.js'
import { createTemporalServer, type TemporalServer } from '../embedded/temporal-server.js'
import { LazyClient } from './client.js'
import { problemOf, waitingStatus } from './problems.js'
import { connect, KeptWorker, sleepUnless, type TemporalWorkerOptions } from './worker.js'

/** What it is made of. `A` is the type of the activities. */
export interface TemporalOptions<A> extends TemporalWorkerOptions<A> {
  dataDir: string
  /** Folders in which `temporal` and `go` are looked for. */
  searchPath: string[]
  /** Environment of the server, and of the Go compiler. */
  env: NodeJS.ProcessEnv
}

/** Batch work by Temporal: a server (ours, or the one at `temporal.address`), a worker, schedules, a client. */
export interface Temporal extends Workflows, Escalations {
  /** Begins to look for a server; returns at once. */
  start(): void
  /** Lets the tasks in hand finish, then ends worker and server. */
  close(): Promise<void>
}

/**
 * For a process that does batch work: with `temporal.address` for that server, without it for one of its own, which is
 * found, installed if need be, and kept up.
 */
export function createTemporal<A>(options: TemporalOptions<A>): Temporal {
  return new WorkingTemporal(options)
}

class WorkingTemporal<A> implements Temporal {
  readonly #config: Config['temporal']
  /** Our own server, where none is named. */
  readonly #server: TemporalServer | undefined
  readonly #worker: KeptWorker<A>
  readonly #client: LazyClient

  constructor(options: TemporalOptions<A>) {
    const { config, clock } = options
    this.#config = config.temporal
    if (this.#config.address === '') this.#server = embeddedServer(options, () => this.#worker.onServerChange())
    const address = () => (this.#server ? this.#server.status().address : this.#config.address)
    this.#worker = new KeptWorker(options, this.#server && { address })
    this.#client = new LazyClient(config, clock, address)
  }

  start(): void {
    if (!this.#config.enabled) return
    this.#server?.start()
    this.#worker.start()
  }

  async status(): Promise<WorkflowsStatus> {
    if (!this.#isServing) return waitingStatus(this.#server?.status(), this.#worker.problem, this.#config)
    const running = await this.#client.running().catch(() => [])
    return { state: 'running', address: this.#worker.polledAddress, running }
  }

  async recompute(range: TimeRange): Promise<{ workflowId: string }> {
    return this.#serving.recompute(range)
  }

  async progress(workflowId: string): Promise<RecomputeProgress> {
    return this.#serving.progress(workflowId)
  }

  async signal(workflowId: string, signal: RecomputeSignal): Promise<void> {
    return this.#serving.signal(workflowId, signal)
  }

  async signalEscalation(incidentId: string, signal: EscalationSignal): Promise<void> {
    return this.#serving.signalEscalation(incidentId, signal)
  }

  async close(): Promise<void> {
    await this.#worker.close()
    await this.#client.close()
    await this.#server?.close()
  }

  get #isServing(): boolean {
    const server = this.#server?.status()
    return this.#worker.polledAddress !== undefined && (!server || server.state === 'running')
  }

  /** The client, while a worker is there to answer. @throws TM_TEMPORAL_MISSING */
  get #serving(): LazyClient {
    if (this.#worker.polledAddress !== undefined) return this.#client
    throw problemOf(this.#server?.status(), this.#worker.problem, this.#config)
  }
}

function embeddedServer<A>(options: TemporalOptions<A>, onChange: () => void): TemporalServer {
  const { config, dataDir, searchPath, env, clock, logger } = options
  const { install, namespace } = config.temporal
  return createTemporalServer({
    dataDir,
    searchPath,
    env,
    install,
    namespace,
    clock,
    logger,
    answers: (address) => serves(config, address),
    onChange,
    sleep: sleepUnless,
    archives: TEMPORAL_ARCHIVES,
  })
}

/** True if a server there knows the namespace: it opens its port before that. */
async function serves(config: Config, address: string): Promise<boolean> {
  try {
    const connection = await connect(config, address)
    try {
      await connection.workflowService.describeNamespace({ namespace: config.temporal.namespace })
      return true
    } finally {
      await connection.close()
    }
  } catch {
    return false
  }
}
