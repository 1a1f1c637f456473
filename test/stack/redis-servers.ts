import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../../infra/stack/ports.js'
import { eventually } from '../contract/eventually.js'

const ports = new Set<number>()

/** A Redis of a test's own: one that is filled up, stopped, killed, or part of a cluster. */
export class RedisServer {
  readonly port: number
  readonly url: string
  /** For what a test does to it, past what it tests. */
  readonly admin: Redis
  readonly #folder: string
  readonly #args: readonly string[]
  #config: readonly string[] = ['save ""', 'appendonly no']
  #child: ChildProcess | undefined

  private constructor(port: number, args: readonly string[]) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.#args = args
    this.#folder = mkdtempSync(join(tmpdir(), 'tr-'))
    this.admin = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 20 })
    this.admin.on('error', () => undefined)
  }

  /** Starts one that keeps nothing on disk. @param args as redis-server takes them */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(undefined, ports), args)
    await server.restart()
    return server
  }

  /** The nodes of a cluster that share all slots. */
  static async startCluster(nodes: number): Promise<RedisServer[]> {
    const settings = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no']
    const servers: RedisServer[] = []
    for (let i = 0; i < nodes; i++) servers.push(await RedisServer.start(...settings))
    const share = 16_384 / nodes
    for (const [i, { admin }] of servers.entries()) {
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', Math.ceil(i * share), Math.ceil((i + 1) * share) - 1)
      await admin.call('CLUSTER', 'MEET', '127.0.0.1', servers[0].port)
    }
    await eventually(async () => {
      for (const { admin } of servers) {
        const info = String(await admin.call('CLUSTER', 'INFO'))
        if (!info.includes('cluster_state:ok') || !info.includes(`cluster_size:${nodes}`)) throw new Error(info)
      }
    }, 30_000)
    return servers
  }

  /** A sentinel that watches over a master, and makes another server the master as soon as that does not answer. */
  static async startSentinel(master: RedisServer, name: string): Promise<RedisServer> {
    const sentinel = new RedisServer(await freePort(undefined, ports), ['--sentinel'])
    sentinel.#config = [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 5000`,
    ]
    await sentinel.restart()
    return sentinel
  }

  /** Starts it, after it was killed, with nothing in it. */
  async restart(): Promise<void> {
    const file = join(this.#folder, 'redis.conf')
    const place = ['bind 127.0.0.1', `port ${this.port}`, `dir ${this.#folder}`]
    writeFileSync(file, [...place, ...this.#config].join('\n'))
    this.#child = spawn('redis-server', [file, ...this.#args], { stdio: 'ignore' })
    await eventually(async () => expectPong(await this.admin.ping()))
  }

  /** Stops it from answering, its connections stay open. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async close(): Promise<void> {
    this.admin.disconnect()
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function expectPong(answer: string): void {
  if (answer !== 'PONG') throw new Error(`redis-server answered ${answer}`)
}
