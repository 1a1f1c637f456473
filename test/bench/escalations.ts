import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTemporalClient } from '../../adapters/temporal/client.js'
import { Escalator } from '../../alerting/escalation/escalator.js'
import { IncidentStore } from '../../alerting/incidents/incident-store.js'
import type { IncidentDb } from '../../alerting/incidents/tables.js'
import { ESCALATION } from '../../alerting/testing/incidents.js'
import { startStack } from '../../infra/stack/start.js'
import { escalationStarter } from '../../roles/escalation-starter.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Logger } from '../../schemas/ports/logger.js'
import { createActivities } from '../../workflows/activities.js'
import { startWorker } from '../../workflows/worker.js'
import { createFakeWork } from '../temporal/fake-work.js'
import type { BenchContext } from './bench.js'
import { pause } from './server.js'

const BUNDLE = fileURLToPath(new URL('../../workflows/bundle.js', import.meta.url))
/** A server that has just started still grows by itself, ms. */
const SETTLE_MS = 5000
const LOOK_EVERY_MS = 500
/** All workflows have come to wait by then, or never will, ms. */
const PATIENCE_MS = 300_000

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** What running escalations take, bytes. */
export interface EscalationBytes {
  /** By which the process of the Temporal server grew. */
  process: number
  /** By which its database did. */
  database: number
}

/**
 * Starts the workflow of each incident that is open in the catalog, on a real Temporal server, until all of them wait
 * for their next step.
 * @throws TM_STACK_INSTALL if there is no Temporal server to be had
 */
export async function escalationBytes(
  { folder, progress }: Pick<BenchContext, 'folder' | 'progress'>,
  db: IncidentDb,
): Promise<EscalationBytes> {
  const dir = join(folder, 'stack')
  const stack = await startStack({ dir, parts: ['temporal'], log: progress })
  try {
    const temporal = stack.part('temporal')
    const sizes = () => ({ process: rssBytes(temporal.pid()!), database: bytesIn(join(dir, 'temporal')) })
    const parts = { db, store: new IncidentStore(db), escalation: ESCALATION, whoIs: async () => [], links: () => ({}) }
    const escalator = new Escalator({ ...parts, clock: Date.now })
    const worker = await startWorker({
      connection: { address: temporal.address },
      namespace: 'default',
      bundlePath: BUNDLE,
      activities: createActivities(createFakeWork(), escalator),
      slots: { batch: 1, upkeep: 1, alerts: 8 },
      build: { deploymentName: 'tidemark', buildId: 'bench', isVersioned: false },
      logger: silent,
    })
    const config = loadConfig({ env: {}, overrides: { 'temporal.address': temporal.address } })
    const client = createTemporalClient(config, Date.now)
    try {
      await pause(SETTLE_MS)
      const before = sizes()
      progress('starting their escalations')
      await untilAllWait(db, escalationStarter({ ...parts, clock: Date.now }, client))
      await pause(SETTLE_MS)
      const after = sizes()
      return { process: after.process - before.process, database: after.database - before.database }
    } finally {
      await client.close()
      await worker.stop()
    }
  } finally {
    await stack.stop()
  }
}

/** @throws if they do not come to wait */
async function untilAllWait(db: IncidentDb, start: () => Promise<void>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(LOOK_EVERY_MS)) {
    await start()
    const { count } = await db
      .selectFrom('alert_incidents')
      .select((row) => row.fn.countAll<number>().as('count'))
      .where((row) => row.or([row('next_step_ms', 'is', null), row('next_step_ms', '<', Date.now())]))
      .executeTakeFirstOrThrow()
    if (count === 0) return
  }
  throw new Error('not all escalations wait for their next step')
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
