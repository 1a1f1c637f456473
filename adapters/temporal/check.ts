import type { Client, Connection } from '@temporalio/client'
import type { Config } from '../../schemas/config/schema.js'
import { asTidemarkError } from '../../schemas/errors.js'
import type { Finding } from '../../schemas/ports/finding.js'
import type { Clock } from '../../schemas/time.js'
import { GONE_MS, knowsBuilds, lastPolls } from './deployment.js'
import { noAddress, noSession, switchedOff } from './problems.js'
import { SCHEDULE_IDS } from './schedules.js'
import { connect } from './worker.js'

/** Looks at the server of `temporal.address`: one finding for each thing that batch work needs of it. */
export async function checkTemporal(config: Config, clock: Clock): Promise<Finding[]> {
  const { enabled, address } = config.temporal
  if (!enabled) return [failed(switchedOff())]
  if (address === '') return [failed(noAddress())]
  let connection: Connection
  try {
    connection = await connect(config, address)
  } catch (thrown) {
    return [failed(noSession(address, thrown, false))]
  }
  try {
    return await connection.withDeadline(clock() + REQUEST_MS, () => look(connection, config.temporal, clock))
  } catch (thrown) {
    return [failed(noSession(address, thrown, false))]
  } finally {
    await connection.close()
  }
}

const REQUEST_MS = 10_000
const NOT_FOUND = 5

async function look(connection: Connection, { address, namespace }: Config['temporal'], clock: Clock) {
  const { serverVersion } = await connection.workflowService.getSystemInfo({})
  const reached: Finding = { what: 'Temporal', ok: true, detail: `server ${serverVersion} at ${address}` }
  const found = await connection.workflowService.describeNamespace({ namespace }).catch((thrown) => {
    if ((thrown as { code?: number }).code === NOT_FOUND) return undefined
    throw thrown
  })
  if (!found) {
    const fix = `temporal operator namespace create --address ${address} --namespace ${namespace}`
    return [reached, { what: 'Temporal: namespace', ok: false, detail: `"${namespace}" does not exist`, fix }]
  }
  const { Client } = await import('@temporalio/client')
  return [
    reached,
    { what: 'Temporal: namespace', ok: true, detail: namespace },
    await workersFinding(connection, namespace, clock),
    await schedulesFinding(new Client({ connection, namespace })),
    await buildsFinding(connection, namespace),
  ]
}

async function workersFinding(connection: Connection, namespace: string, clock: Clock): Promise<Finding> {
  const what = 'Temporal: workers'
  const polls = await lastPolls(connection, namespace)
  const builds = [...polls].filter(([, polledMs]) => clock() - polledMs <= GONE_MS).map(([build]) => build || 'unnamed')
  if (builds.length > 0) return { what, ok: true, detail: `of build ${builds.sort().join(' and ')}` }
  return { what, ok: false, detail: 'none asks for work', fix: 'start a process of the role `worker`' }
}

async function schedulesFinding({ schedule }: Client): Promise<Finding> {
  const what = 'Temporal: schedules'
  const missing: string[] = []
  const stopped: string[] = []
  for (const id of SCHEDULE_IDS) {
    const found = await schedule
      .getHandle(id)
      .describe()
      .catch((thrown: Error) => {
        if (thrown.name === 'ScheduleNotFoundError') return undefined
        throw thrown
      })
    if (!found) missing.push(id)
    else if (found.state.paused) stopped.push(id)
  }
  if (missing.length > 0)
    return {
      what,
      ok: false,
      detail: `missing: ${missing.join(', ')}`,
      fix: 'start a worker: it creates what is missing',
    }
  if (stopped.length === 0) return { what, ok: true, detail: SCHEDULE_IDS.join(', ') }
  const fix = `temporal schedule toggle --unpause --schedule-id ${stopped[0]}`
  return { what, ok: false, detail: `paused by hand: ${stopped.join(', ')}`, fix }
}

async function buildsFinding(connection: Connection, namespace: string): Promise<Finding> {
  const what = 'Temporal: updates'
  if (await knowsBuilds(connection, namespace))
    return { what, ok: true, detail: 'a newer build takes over from an older one' }
  const detail = 'the server does not tell builds apart: stop the old workers before new ones start'
  return { what, ok: true, detail }
}

function failed(error: unknown): Finding {
  const { message, hint } = asTidemarkError(error)
  return { what: 'Temporal', ok: false, detail: message, fix: hint }
}
