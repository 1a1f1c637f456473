import type { Client, Connection } from '@temporalio/client'
import type { Config } from '../../schemas/config/schema.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import { type EscalationSignal, escalationId, FLOW, TASK_QUEUE } from '../../schemas/flows.js'
import type {
  Escalations,
  RecomputeProgress,
  RecomputeSignal,
  Workflows,
  WorkflowsStatus,
} from '../../schemas/ports/workflows.js'
import type { Clock, TimeRange } from '../../schemas/time.js'
import { clientOptions, serverConnection } from './connection.js'
import { GONE_MS, lastPolls } from './deployment.js'
import { noAddress, noAnswer, paused, switchedOff } from './problems.js'
import { recomputeProgress, requestRecompute, signalRecompute } from './recomputes.js'

/** A request to the server that takes longer than this has failed, ms. */
const REQUEST_MS = 8_000
const LIST_MS = 2_000
/** Running workflows that a status lists. */
const LISTED = 50

/** The client's side of batch work: it asks, signals and follows; others do the work. */
export interface TemporalClient extends Workflows, Escalations {
  close(): Promise<void>
}

/**
 * For a process without a worker (serving, command line), and a server that runs by itself. Nothing is connected before
 * the first request, and a server that was away is found again by the next one.
 */
export function createTemporalClient(config: Config, clock: Clock): TemporalClient {
  return new LazyClient(config, clock, () => config.temporal.address)
}

/** A client at an address. */
interface Opened {
  address: string
  connection: Connection
  client: Client
}

/** Follows the server where it goes: an embedded one may come back on another port. */
export class LazyClient implements TemporalClient {
  readonly #config: Config['temporal']
  readonly #clock: Clock
  readonly #address: () => string | undefined
  #opened: { address: string; opening: Promise<Opened> } | undefined

  /** @param address where the server is now; undefined or empty if nowhere */
  constructor({ temporal }: Config, clock: Clock, address: () => string | undefined) {
    this.#config = temporal
    this.#clock = clock
    this.#address = address
  }

  async status(): Promise<WorkflowsStatus> {
    try {
      const [running, polledMs] = await this.#ask(
        async ({ client, connection }) => [await listRunning(client), await this.#polledMs(connection)] as const,
        LIST_MS,
      )
      const address = this.#address()
      if (this.#clock() - polledMs <= GONE_MS) return { state: 'running', address, running }
      const reason = `no worker asks ${address} for work`
      const fix = 'start a process of the role `worker`'
      return { ...paused(new TidemarkError('TM_TEMPORAL_MISSING', { reason, fix })), address, running }
    } catch (thrown) {
      return paused(asTidemarkError(thrown))
    }
  }

  /** Workflows of ours that run. @throws TM_TEMPORAL_MISSING */
  running(): Promise<WorkflowsStatus['running']> {
    return this.#ask(({ client }) => listRunning(client), LIST_MS)
  }

  recompute(range: TimeRange): Promise<{ workflowId: string }> {
    return this.#ask(({ client: { workflow } }) => requestRecompute(workflow, range, this.#clock))
  }

  progress(workflowId: string): Promise<RecomputeProgress> {
    return this.#ask(({ client: { workflow } }) => recomputeProgress(workflow, workflowId))
  }

  signal(workflowId: string, signal: RecomputeSignal): Promise<void> {
    return this.#ask(({ client: { workflow } }) => signalRecompute(workflow, workflowId, signal))
  }

  async signalEscalation(incidentId: string, { kind, ...rest }: EscalationSignal): Promise<void> {
    await this.#ask(({ client: { workflow } }) =>
      // One that is about to end takes the signal first; one that has ended is started again.
      workflow.signalWithStart(FLOW.escalate, {
        workflowId: escalationId(incidentId),
        taskQueue: TASK_QUEUE.batch,
        args: [incidentId],
        signal: kind,
        signalArgs: [rest],
      }),
    )
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.opening.then(
      ({ connection }) => connection.close(),
      () => undefined,
    )
  }

  /** When a worker of whatever build asked for work last, ms. */
  async #polledMs(connection: Connection): Promise<number> {
    return Math.max(...(await lastPolls(connection, this.#config.namespace)).values())
  }

  /** Runs a request. What the server does not answer becomes TM_TEMPORAL_MISSING. */
  async #ask<T>(request: (opened: Opened) => Promise<T>, withinMs = REQUEST_MS): Promise<T> {
    const opened = await this.#open()
    try {
      return await opened.connection.withDeadline(this.#clock() + withinMs, () => request(opened))
    } catch (thrown) {
      throw thrown instanceof TidemarkError ? thrown : noAnswer(opened.address, thrown)
    }
  }

  async #open(): Promise<Opened> {
    if (!this.#config.enabled) throw switchedOff()
    const address = this.#address()
    if (!address) throw noAddress()
    if (this.#opened?.address !== address) {
      await this.close()
      const opening = this.#connect(address)
      this.#opened = { address, opening }
      // A certificate that could not be read may be there the next time.
      opening.catch(() => {
        this.#opened = undefined
      })
    }
    return this.#opened.opening
  }

  async #connect(address: string): Promise<Opened> {
    // Heavy, so it is loaded by those who use it.
    const { Client, Connection } = await import('@temporalio/client')
    const connection = Connection.lazy(clientOptions(serverConnection(this.#config, address)))
    return { address, connection, client: new Client({ connection, namespace: this.#config.namespace }) }
  }
}

async function listRunning({ workflow }: Client): Promise<WorkflowsStatus['running']> {
  const running: WorkflowsStatus['running'] = []
  // Escalations are listed as incidents, and there may be a thousand of them.
  const query = `TaskQueue = '${TASK_QUEUE.batch}' AND ExecutionStatus = 'Running' AND WorkflowType != '${FLOW.escalate}'`
  for await (const { workflowId, type, startTime } of workflow.list({ query, pageSize: LISTED })) {
    running.push({ workflowId, type, startedMs: startTime.getTime() })
    if (running.length === LISTED) break
  }
  return running
}
