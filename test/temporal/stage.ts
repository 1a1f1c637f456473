import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { TEMPORAL_ARCHIVES } from '../../adapters/embedded/temporal-install.js'
import { createTemporalServer } from '../../adapters/embedded/temporal-server.js'
import { createTemporal, type Temporal } from '../../adapters/temporal/temporal.js'
import type { BatchWork } from '../../batch/work.js'
import { loadConfig, searchPath } from '../../schemas/config/load.js'
import type { Logger } from '../../schemas/ports/logger.js'
import { createActivities } from '../../workflows/activities.js'
import { idleEscalation } from './fake-work.js'
import { flowBundle } from './flow-bundle.js'

/** Where the Temporal CLI is looked for: PATH, and where Go puts what it installs. */
const programFolders = [...searchPath(), join(homedir(), 'go', 'bin')]

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A folder of this test run, removed by `remove`. */
export function scratchFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-temporal-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Settings of a stage that a test may want otherwise. */
export interface StageOptions {
  dataDir: string
  work: BatchWork
  config?: Record<string, unknown>
  logger?: Logger
  folders?: string[]
}

/** The adapter on a data folder, wired as the server wires it, with schedules that fire every second. */
export async function setStage({
  dataDir,
  work,
  config = {},
  logger = silent,
  folders = programFolders,
}: StageOptions): Promise<Temporal> {
  const bundlePath = await flowBundle()
  return createTemporal({
    config: loadConfig({ env: {}, overrides: { 'batch.seal_every': '1s', 'temporal.install': false, ...config } }),
    dataDir,
    activities: createActivities(work, idleEscalation),
    loadWorker: () => import('../../workflows/worker.js'),
    bundlePath,
    version: '0.0.0',
    logger,
    clock: Date.now,
    searchPath: folders,
    env: {},
  })
}

/** Starts it and waits until it runs; the reason is in the error if it cannot. */
export async function startStage(temporal: Temporal): Promise<void> {
  temporal.start()
  await until(async () => {
    const { state, reason } = await temporal.status()
    if (state === 'paused') throw new Error(reason)
    return state === 'running'
  })
}

/** Waits until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await condition()); await sleep(50)) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition}`)
  }
}

/** A server alone, without a worker of ours. */
export async function startServer(dataDir: string): Promise<{ address: string; pid: number; close(): Promise<void> }> {
  const server = createTemporalServer({
    dataDir,
    searchPath: programFolders,
    env: {},
    install: false,
    archives: TEMPORAL_ARCHIVES,
    namespace: 'default',
    clock: Date.now,
    logger: silent,
    sleep: (ms) => sleep(ms),
    async answers(address) {
      const connection = await Connection.connect({ address }).catch(() => undefined)
      await connection?.close()
      return connection !== undefined
    },
  })
  server.start()
  await until(() => {
    const { state, problem } = server.status()
    if (problem) throw problem
    return state === 'running'
  })
  const { address, pid } = server.status()
  return { address: address as string, pid: pid as number, close: () => server.close() }
}
