import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
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

  /** Starts it, after it was killed, with nothing in it. */
  async restart(): Promise<void> {
    const place = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.#folder]
    this.#child = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no', ...this.#args], {
      stdio: 'ignore',
    })
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
