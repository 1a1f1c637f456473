import { DefaultLogger, type LogEntry, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { TASK_QUEUE } from '../schemas/flows.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { Activities } from './activities.js'

/** What a worker needs. */
export interface WorkerOptions {
  /** host:port of the Temporal server. */
  address: string
  namespace: string
  /** The bundled flows (`dist/workflows/bundle.js`). */
  bundlePath: string
  activities: Activities
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
 * Starts a worker that is small: flows share one V8 context, few are kept in memory, and two activities run at a time,
 * so that a long recompute leaves a place for seals.
 * @throws whatever connecting or reading the bundle throws
 */
export async function startWorker({
  address,
  namespace,
  bundlePath,
  activities,
  logger,
}: WorkerOptions): Promise<RunningWorker> {
  installRuntime(logger)
  const connection = await NativeConnection.connect({ address })
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      workflowBundle: { codePath: bundlePath },
      activities,
      reuseV8Context: true,
      workflowThreadPoolSize: 1,
      maxCachedWorkflows: 20,
      maxConcurrentWorkflowTaskExecutions: 4,
      maxConcurrentWorkflowTaskPolls: 2,
      maxConcurrentActivityTaskExecutions: 2,
      maxConcurrentActivityTaskPolls: 1,
      maxConcurrentLocalActivityExecutions: 1,
      // A killed worker leaves flows pinned to it; this is how long a query waits for it before another one answers.
      stickyQueueScheduleToStartTimeout: '2s',
      shutdownGraceTime: GRACE,
    })
    const ended = worker.run().finally(() => connection.close())
    // Whoever awaits `ended` learns of the error; nobody need await it before that.
    ended.catch(() => undefined)
    return {
      ended,
      async stop() {
        if (worker.getState() === 'RUNNING') worker.shutdown()
        await ended.catch(() => undefined)
      },
    }
  } catch (thrown) {
    await connection.close()
    throw thrown
  }
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

/** Of what the SDK says of an activity only what an operator can use: which one failed, how often, and why. */
function forward(logger: Logger, { level, message, meta }: LogEntry): void {
  const { activityType, workflowType, workflowId, attempt, error } = meta ?? {}
  const reason = error instanceof Error ? error.message : undefined
  const fields = { part: 'temporal', activityType, workflowType, workflowId, attempt, reason }
  if (level === 'ERROR') logger.error(fields, message)
  else logger.warn(fields, message)
}
