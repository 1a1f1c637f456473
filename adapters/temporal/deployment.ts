import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Connection } from '@temporalio/client'
import { tsToMs } from '@temporalio/common/lib/time.js'
import { TASK_QUEUE } from '../../schemas/flows.js'
import type { Clock } from '../../schemas/time.js'

/** The name under which a server knows the workers of every build. */
export const DEPLOYMENT = 'tidemark'
/** A worker asks for work at least once a minute; one that has not for so long is gone, ms. */
export const GONE_MS = 120_000

/** gRPC's numbers. */
const STATUS = { notFound: 5, permissionDenied: 7, failedPrecondition: 9, unimplemented: 12 } as const
/** Digits of the flows' digest in the name of a build. */
const DIGEST_LENGTH = 10

/** Name of this build: its version, and the digest of its flows, for two builds of one version may have other ones. */
export function buildIdOf(version: string, bundlePath: string): string {
  return `${version}-${createHash('sha256').update(readFileSync(bundlePath)).digest('hex').slice(0, DIGEST_LENGTH)}`
}

/** True if the server gives work to builds, and lets us use that. */
export async function knowsBuilds({ workflowService }: Connection, namespace: string): Promise<boolean> {
  try {
    await workflowService.listWorkerDeployments({ namespace, pageSize: 1 })
    return true
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === STATUS.unimplemented || code === STATUS.permissionDenied) return false
    throw thrown
  }
}

/** What the server knows of builds, as far as it decides which one gets the work. */
export interface Builds {
  /** The one that gets it; undefined if none was ever named. */
  current?: string
  /** When each was seen first, ms. */
  sinceMs: ReadonlyMap<string, number>
  /** When the current one asked for work last, ms; undefined if that is long ago. */
  currentPolledMs?: number
}

/** Whose turn it is to do the work, as one build sees it; `unseen`: the server has yet to see that build. */
export type Turn = 'ours' | 'another' | 'unseen'

/**
 * Whether it is a build's turn, or now becomes so (`take`). A newer build takes over as soon as it is there, so that
 * during an update no flow goes back and forth between two; an older one, to which someone went back on purpose, once
 * no worker of the newer one is left.
 */
export function turnOf(ours: string, { current, sinceMs, currentPolledMs }: Builds, nowMs: number): Turn | 'take' {
  if (current === ours) return 'ours'
  const ownMs = sinceMs.get(ours)
  if (ownMs === undefined) return 'unseen'
  if (current === undefined || ownMs > (sinceMs.get(current) ?? Number.NEGATIVE_INFINITY)) return 'take'
  return currentPolledMs === undefined || nowMs - currentPolledMs > GONE_MS ? 'take' : 'another'
}

/** Looks whose turn it is, and takes it if it becomes ours. */
export async function claimTurn(
  connection: Connection,
  namespace: string,
  buildId: string,
  clock: Clock,
): Promise<Turn> {
  const known = await readBuilds(connection, namespace)
  if (!known) return 'unseen'
  const turn = turnOf(buildId, known.builds, clock())
  if (turn !== 'take') return turn
  try {
    await connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName: DEPLOYMENT,
      buildId,
      conflictToken: known.conflictToken,
      identity: buildId,
      // Its other queues may be seen a moment later, and follow by themselves.
      ignoreMissingTaskQueues: true,
    })
    return 'ours'
  } catch (thrown) {
    // Another worker was faster, or the server saw the build too short ago: the next look tells.
    if (codeOf(thrown) === STATUS.failedPrecondition || codeOf(thrown) === STATUS.notFound) return 'unseen'
    throw thrown
  }
}

async function readBuilds(
  connection: Connection,
  namespace: string,
): Promise<{ builds: Builds; conflictToken: Uint8Array } | undefined> {
  const deployment = await connection.workflowService
    .describeWorkerDeployment({ namespace, deploymentName: DEPLOYMENT })
    .catch((thrown) => {
      if (codeOf(thrown) === STATUS.notFound) return undefined
      throw thrown
    })
  const info = deployment?.workerDeploymentInfo
  if (!deployment || !info) return undefined
  const current = info.routingConfig?.currentDeploymentVersion?.buildId ?? undefined
  const sinceMs = new Map(
    (info.versionSummaries ?? []).map(({ deploymentVersion, createTime }) => [
      deploymentVersion?.buildId ?? '',
      timeOf(createTime),
    ]),
  )
  const polls = await lastPolls(connection, namespace)
  const currentPolledMs = current === undefined ? undefined : polls.get(current)
  return { builds: { current, sinceMs, currentPolledMs }, conflictToken: deployment.conflictToken }
}

/** When each build last asked for a flow's work, ms; builds that do not say which they are, as ''. */
export async function lastPolls({ workflowService }: Connection, namespace: string): Promise<Map<string, number>> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE.batch },
    taskQueueType: 1,
  })
  const polls = new Map<string, number>()
  for (const { deploymentOptions, lastAccessTime } of pollers ?? []) {
    const buildId = deploymentOptions?.buildId ?? ''
    polls.set(buildId, Math.max(polls.get(buildId) ?? Number.NEGATIVE_INFINITY, timeOf(lastAccessTime)))
  }
  return polls
}

function timeOf(stamp: Parameters<typeof tsToMs>[0]): number {
  return stamp ? tsToMs(stamp) : Number.NEGATIVE_INFINITY
}

function codeOf(thrown: unknown): number | undefined {
  return (thrown as { code?: number }).code
}
