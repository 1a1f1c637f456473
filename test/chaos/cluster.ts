import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Stack, startStack } from '../../infra/stack/start.js'
import type { Role } from '../../roles/role.js'
import { freePorts } from '../e2e/server.js'
import { CLI, RoleProcess } from '../role-process.js'

/** What a cluster under test consists of. */
export interface ClusterShape {
  /** How many processes of each role there are, and spares, which only a fault starts. */
  processes: readonly [role: Role, count: number, spares: number][]
  /** The config, but for the engines and where data lie. */
  settings: object
}

/** Everything a second or so long, so that a round shows it all. */
const PIPELINE: ClusterShape = {
  processes: [
    ['gateway', 2, 0],
    ['speed', 2, 1],
    ['archive', 2, 1],
    ['worker', 1, 0],
    ['serving', 2, 0],
  ],
  settings: {
    collector: { enabled: false },
    self: { collect: false },
    statsd: { enabled: false },
    log: { partitions: 4 },
    speed: { lateness: '5s', idle_after: '10s' },
    archive: { flush_every: '3s' },
    blocks: { length: '1m', slack: '2s' },
    batch: { seal_every: '2s', dirty_debounce: '3s', dirty_deadline: '10s' },
  },
}

/** The real engines, and a Tidemark on them of which each role runs by itself. */
export class Cluster {
  readonly stack: Stack
  readonly processes: readonly RoleProcess[]
  readonly spares: readonly RoleProcess[]
  readonly folder: string

  private constructor(stack: Stack, folder: string, processes: RoleProcess[], spares: RoleProcess[]) {
    this.stack = stack
    this.folder = folder
    this.processes = processes
    this.spares = spares
  }

  /** Starts all of it in a folder. */
  static async start(folder: string, log: (line: string) => void, shape = PIPELINE): Promise<Cluster> {
    mkdirSync(folder, { recursive: true })
    const stack = await startStack({ dir: join(folder, 'stack'), log })
    const configPath = join(folder, 'cluster.yaml')
    const config = { data: { dir: join(folder, 'roles') }, ...shape.settings, ...stack.config }
    writeFileSync(configPath, stringify(config), { mode: 0o600 })
    const ports = await freePorts(shape.processes.reduce((sum, [, count, spares]) => sum + count + spares, 0))
    const make = (role: Role, number: number) =>
      new RoleProcess({ role, number, configPath, port: ports.pop() ?? 0, folder })
    const processes = shape.processes.flatMap(([role, count]) =>
      Array.from({ length: count }, (_, i) => make(role, i + 1)),
    )
    const spares = shape.processes.flatMap(([role, count, spare]) =>
      Array.from({ length: spare }, (_, i) => make(role, count + i + 1)),
    )
    const cluster = new Cluster(stack, folder, processes, spares)
    execFileSync(CLI, ['init', '--config', configPath], { stdio: 'ignore' })
    for (const process of processes) {
      process.launch()
      await process.ready()
      log(`${process.name} is ready at ${process.url}`)
    }
    return cluster
  }

  /** The processes of a role that are meant to run. */
  of(role: Role): RoleProcess[] {
    return this.processes.filter(({ name }) => name.startsWith(`${role}-`))
  }

  /** The spare process of a role. */
  spare(role: Role): RoleProcess {
    const found = this.spares.find(({ name }) => name.startsWith(`${role}-`))
    if (!found) throw new Error(`there is no spare ${role}`)
    return found
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes, ...this.spares].map((process) => process.stop()))
    await this.stack.stop()
  }
}
