import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { startStack } from '../../../infra/stack/start.js'
import { loadConfig } from '../../../schemas/config/load.js'
import type { Config } from '../../../schemas/config/schema.js'
import { formatCommit } from '../../../speed/watermark.js'
import { CLI, RoleProcess } from '../../role-process.js'
import { metricSum } from '../metric-sum.js'
import { sendBodies } from '../send-bodies.js'
import { freePort } from '../server.js'
import { type Job, type JobRun, pointsOf } from './job.js'
import { cpuMeter, perMillion, until } from './meters.js'
import { openLog } from './open-log.js'

const PARTITIONS = 4
const SERVERS = ['kafka', 'redis', 'victoriametrics', 'postgres'] as const
/** Windows of a series at the end that still wait for points: those within the default lateness, and two that it cuts. */
const OPEN_WINDOWS = 4
const SETTINGS = {
  collector: { enabled: false },
  self: { collect: false },
  statsd: { enabled: false },
  log: { partitions: PARTITIONS },
}

/** Gateway → Kafka → windows → Redis, VictoriaMetrics and tidemark.windows: one process of each role. */
export async function runTidemark(job: Job, folder: string): Promise<JobRun> {
  const { shape, startMs, warmUp, measured, points, perWindow } = job
  // Where a request is a whole window, requests side by side would come late.
  const connections = perWindow === 1 ? 1 : 4
  mkdirSync(folder, { recursive: true })
  const stack = await startStack({ dir: join(folder, 'stack'), parts: SERVERS, log: () => undefined })
  const processes: RoleProcess[] = []
  try {
    const configPath = join(folder, 'cluster.yaml')
    const settings = { data: { dir: join(folder, 'roles') }, ...SETTINGS }
    writeFileSync(configPath, stringify({ ...settings, ...stack.config }))
    execFileSync(CLI, ['init', '--config', configPath], { stdio: 'ignore' })
    const config = loadConfig({ env: {}, path: configPath })
    await beginAt(config, startMs)
    for (const role of ['gateway', 'speed'] as const)
      processes.push(new RoleProcess({ role, number: 1, configPath, port: await freePort(), folder }))
    const [gateway, speed] = processes
    for (const one of processes) one.launch()
    for (const one of processes) await one.ready()

    const port = Number(new URL(gateway.url).port)
    const isRead = async () => (await metricSum(speed.url, 'tidemark_partition_lag_records')) === 0
    const isClosed = async (count: number) => (await metricSum(speed.url, 'tidemark_windows_closed_total')) >= count
    await sendBodies(port, warmUp.values(), connections)
    await until('the warm-up', isRead)
    const pids = Object.fromEntries(SERVERS.map((name) => [name, stack.part(name).pid() ?? 0]))
    const recordsBefore = await records(config)
    const spent = cpuMeter({ gateway: gateway.pid, speed: speed.pid, ...pids })
    const begunMs = performance.now()
    await sendBodies(port, measured.values(), connections)
    const takenMs = performance.now()
    const windows = (pointsOf(warmUp) + points) / shape.pointsPerWindow - OPEN_WINDOWS * shape.series
    await until('the windows', () => isClosed(windows))
    const endedMs = performance.now()
    const cpu = perMillion(spent(), points)
    const late = await metricSum(speed.url, 'tidemark_late_points_total')
    if (late > 0) throw new Error(`${shape.name}: ${late} points came late, which the bench does not mean to measure`)
    const recordCount = (await records(config)) - recordsBefore
    return {
      name: 'Tidemark',
      pointsPerSecond: points / ((endedMs - begunMs) / 1000),
      cpu,
      own: ['gateway', 'speed'],
      notes: [
        `acknowledged at ${Math.round(points / ((takenMs - begunMs) / 1000)).toLocaleString('en')} points/s`,
        `${(measured.length / recordCount).toFixed(2)} requests and ${Math.round(points / recordCount)} points a Kafka record`,
      ].join(', '),
    }
  } finally {
    await Promise.all(processes.map((one) => one.stop()))
    await stack.stop()
  }
}

/** Stores positions as if the speed layer had come to this time: what is sent from there on is not late. */
async function beginAt(config: Config, startMs: number): Promise<void> {
  const log = await openLog(config)
  const assigned = new Set<number>()
  const subscription = await log.consume('tidemark.points', 'speed', {
    assign: async (partition) => {
      assigned.add(partition)
      return undefined
    },
    read: async () => undefined,
    revoke: async () => undefined,
  })
  await until('the partitions', () => assigned.size === PARTITIONS)
  const metadata = formatCommit({ watermarkMs: startMs, appliedTo: 0 })
  for (const partition of assigned) await subscription.commit(partition, { offset: 0, metadata })
  await subscription.close()
  await log.close()
}

/** Records in tidemark.points. */
async function records(config: Config): Promise<number> {
  const log = await openLog(config)
  const bounds = await log.bounds('tidemark.points')
  await log.close()
  return bounds.reduce((sum, { end }) => sum + end, 0)
}
