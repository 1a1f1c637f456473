import { sql } from 'kysely'
import { IncidentStore } from '../../alerting/incidents/incident-store.js'
import { IncidentIntake } from '../../alerting/incidents/intake.js'
import type { IncidentTables } from '../../alerting/incidents/tables.js'
import { type ScratchCatalog, startIncidentCatalog } from '../../alerting/testing/catalog.js'
import { alertOn, alertsOn, ESCALATION, flushOf, POLICY } from '../../alerting/testing/incidents.js'
import { asTidemarkError } from '../../schemas/errors.js'
import type { Bench, BenchContext } from './bench.js'
import { type EscalationBytes, escalationBytes } from './escalations.js'

const INCIDENTS = 1000
const HOSTS = 1000
const CHANNELS = 2
const TABLES = ['alert_incidents', 'incident_alerts', 'incident_timeline', 'incident_signals', 'outbox']

/** Incidents into the catalog: one after the other, and a storm of hosts as one. */
export const incidents: Bench = {
  name: 'incidents',
  about: '1,000 incidents opened in the catalog and escalated, and a storm of 1,000 hosts, which is one',
  onlyByName: true,
  async run(context) {
    const { runs, progress } = context
    const catalog = await startIncidentCatalog()
    const rate: number[] = []
    const kept: number[] = []
    const heap: number[] = []
    const storm: number[] = []
    let escalations: EscalationBytes | undefined
    try {
      for (let run = 0; run < runs; run++) {
        await catalog.clear()
        await sql`VACUUM FULL`.execute(catalog.db)
        const [emptyBytes, heapBefore] = [await tableBytes(catalog), heapBytes()]
        progress(`run ${run + 1}: opening ${INCIDENTS} incidents`)
        const seconds = await timed(async () => {
          for (let i = 0; i < INCIDENTS; i++)
            await intakeOf(catalog).takeFlush(flushOf([alertOn('a')], 1, 'first', `${i}`))
        })
        rate.push(INCIDENTS / seconds)
        kept.push((await tableBytes(catalog)) - emptyBytes)
        heap.push(heapBytes() - heapBefore)
        if (run === runs - 1) escalations = await escalationsOf(context, catalog)
        progress(`${HOSTS} hosts fire at once`)
        storm.push(1000 * (await timed(() => takeStorm(catalog))))
      }
    } finally {
      await catalog.stop()
    }
    return [
      { key: 'incidents: opened', unit: 'incidents/s', values: rate },
      { key: 'incidents: 1,000 open, in Postgres', unit: 'B', values: kept },
      { key: 'incidents: 1,000 open, heap of the process', unit: 'B', values: heap },
      ...(escalations === undefined
        ? []
        : [
            { key: 'incidents: 1,000 open, Temporal’s process', unit: 'B', values: [escalations.process] },
            { key: 'incidents: 1,000 open, Temporal’s database', unit: 'B', values: [escalations.database] },
          ]),
      { key: 'incidents: 1,000 hosts, one page', unit: 'ms', values: storm },
    ]
  },
}

/** @returns undefined where no Temporal server is to be had, which is said */
async function escalationsOf(context: BenchContext, { db }: ScratchCatalog<IncidentTables>) {
  try {
    return await escalationBytes(context, db)
  } catch (thrown) {
    const { code, message } = asTidemarkError(thrown)
    if (code !== 'TM_STACK_INSTALL') throw thrown
    context.progress(message)
    return undefined
  }
}

function intakeOf({ db }: ScratchCatalog<IncidentTables>): IncidentIntake {
  return new IncidentIntake({
    store: new IncidentStore(db),
    policy: POLICY,
    escalation: ESCALATION,
    whoIs: async () => [],
    countHosts: async () => HOSTS,
    clock: Date.now,
    onError(thrown) {
      throw thrown
    },
  })
}

/** @throws if it is more than one message for each channel */
async function takeStorm(catalog: ScratchCatalog<IncidentTables>): Promise<void> {
  const plan = await intakeOf(catalog).takeFlush(flushOf(alertsOn(HOSTS), 1, 'first', 'storm'))
  if (plan?.messages.length !== CHANNELS) throw new Error(`a storm made ${plan?.messages.length} messages`)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1000
}

/** Of what is still in use. */
function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function tableBytes({ db }: ScratchCatalog<IncidentTables>): Promise<number> {
  const names = sql.join(TABLES.map((table) => sql`${table}`))
  const { rows } = await sql<{ bytes: number }>`
    SELECT sum(pg_total_relation_size(name::regclass))::bigint AS bytes FROM unnest(ARRAY[${names}]) AS name`.execute(
    db,
  )
  return rows[0].bytes
}
