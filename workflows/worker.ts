import {
  DefaultLogger,
  type LogEntry,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  type WorkerOptions as SdkOptions,
  Worker,
} from '@temporalio/worker'
import { type QueueKind, TASK_QUEUE } from '../schemas/flows.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { Activities } from './activities.js'

/** What a worker needs. */
export interface WorkerOptions {
  /** Where the Temporal server is, and how to get in. */
  connection: Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey'>
  namespace: string
  /** The bundled flows (`dist/workflows/bundle.js`). */
  bundlePath: string
  activities: Activities
  /** Activities that run at once, by queue. */
  slots: Record<QueueKind, number>
  /** What this build is called. `isVersioned`: it takes only what the server gives to that build. */
  build: { deploymentName: string; buildId: string; isVersioned: boolean }
  logger: Logger
}

/** A worker that polls. */
export interface RunningWorker {
  /** Resolves when the worker has ended, because of `stop` or (rejecting) because of an error that it cannot mend. */
  ended: Promise<void>
  /** Takes no more tasks, waits for those in hand, then closes the connection. */
  stop(): Promise<void>
}

/** Tasks in hand get this long when the worker stops; a block of ten minutes takes seconds. */
const GRACE = '20s'

let isRuntimeInstalled = false

/**
 * Starts a worker that is small: flows share one V8 context and few are kept in memory. It polls a queue for each kind
 * of activity; flows are run on the first.
 * @throws whatever connecting or reading the bundle throws
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  installRuntime(options.logger)
  const connection = await NativeConnection.connect(options.connection)
  try {
    const workers = [
      await createBatchWorker(connection, options),
      await Worker.create(shared(connection, options, 'upkeep')),
      await Worker.create(shared(connection, options, 'alerts')),
    ]
    const stopAll = () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
    }
    // One that ends by itself takes the other one along: a part of a worker would look like a whole one.
    const runs = workers.map((worker) => worker.run().finally(stopAll))
    const ended = endOf(runs).finally(() => connection.close())
    // Whoever awaits `ended` learns of the error; nobody need await it before that.
    ended.catch(() => undefined)
    return {
      ended,
      async stop() {
        stopAll()
        await ended.catch(() => undefined)
      },
    }
  } catch (thrown) {
    await connection.close()
    throw thrown
  }
}

/** Settles once all have, with the first error. */
async function endOf(runs: Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(runs)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

function createBatchWorker(connection: NativeConnection, options: WorkerOptions): Promise<Worker> {
  return Worker.create({
    ...shared(connection, options, 'batch'),
    workflowBundle: { codePath: options.bundlePath },
    reuseV8Context: true,
    workflowThreadPoolSize: 1,
    maxCachedWorkflows: 20,
    maxConcurrentWorkflowTaskExecutions: 4,
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentLocalActivityExecutions: 1,
    // A killed worker leaves flows pinned to it; this is how long a query waits for it before another one answers.
    stickyQueueScheduleToStartTimeout: '2s',
  })
}

function shared(connection: NativeConnection, options: WorkerOptions, kind: QueueKind) {
  const { namespace, activities, slots, build } = options
  const { isVersioned, ...version } = build
  return {
    connection,
    namespace,
    taskQueue: TASK_QUEUE[kind],
    activities,
    maxConcurrentActivityTaskExecutions: slots[kind],
    maxConcurrentActivityTaskPolls: 1,
    shutdownGraceTime: GRACE,
    // A flow goes on with whatever build is current: saved histories say that each build can.
    workerDeploymentOptions: isVersioned
      ? { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' }
      : { version, useWorkerVersioning: false },
  } satisfies SdkOptions
}

/** The SDK's one runtime of this process: its logs go to our logger, and it leaves signals to us. */
function installRuntime(logger: Logger): void {
  if (isRuntimeInstalled) return
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => forward(logger, entry)),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
    workerHeartbeatInterval: 0,
  })
  isRuntimeInstalled = true
}

/** What the SDK says of queues that have no flows on purpose. */
const EXPECTED = /^No workflows registered/

/** Of what the SDK says of an activity only what an operator can use: which one failed, how often, and why. */
function forward(logger: Logger, { level, message, meta }: LogEntry): void {
  if (EXPECTED.test(message)) return
  const { activityType, workflowType, workflowId, attempt, error } = meta ?? {}
  const reason = error instanceof Error ? error.message : undefined
  const fields = { part: 'temporal', activityType, workflowType, workflowId, attempt, reason }
  if (level === 'ERROR') logger.error(fields, message)
  else logger.warn(fields, message)
}
