import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Role } from '../roles/role.js'

/** The command as its users call it; it becomes the program that was built. */
export const CLI = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'cli', 'tidemark.sh')
/** A process that does not say that it is ready within this has failed, ms. */
const START_MS = 120_000

/** One process of the cluster under test, as an operator starts it: the same port and config from start to start. */
export class RoleProcess {
  readonly name: string
  readonly url: string
  readonly #role: Role
  readonly #configPath: string
  readonly #port: number
  readonly #logPath: string
  #child: ChildProcess | undefined

  constructor(options: { role: Role; number: number; configPath: string; port: number; folder: string }) {
    const { role, number, configPath, port, folder } = options
    this.name = `${role}-${number}`
    this.url = `http://127.0.0.1:${port}`
    this.#role = role
    this.#configPath = configPath
    this.#port = port
    this.#logPath = join(folder, `${this.name}.log`)
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** Of the running process; 0 if there is none. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts it, unless it runs. It may not be ready when this returns. */
  launch(): void {
    if (this.#child) return
    const args = [this.#role, '--config', this.#configPath, '--port', String(this.#port)]
    const child = spawn(CLI, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const log = createWriteStream(this.#logPath, { flags: 'a' })
    child.stdout?.pipe(log, { end: false })
    child.stderr?.pipe(log, { end: false })
    child.once('exit', (code, signal) => {
      log.end(`-- ended: ${signal ?? code}\n`)
      if (this.#child === child) this.#child = undefined
    })
  }

  /** Resolves once it can do its work. @throws if it does not come to that */
  async ready(): Promise<void> {
    const deadline = performance.now() + START_MS
    while (performance.now() < deadline) {
      const answer = await fetch(`${this.url}/-/ready`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
      if (answer?.ok) return
      if (!this.#child) throw new Error(`${this.name} ended while it started: see ${this.#logPath}`)
      await sleep(200)
    }
    throw new Error(`${this.name} was not ready within ${START_MS / 1000} s: see ${this.#logPath}`)
  }

  /** Ends it at once, without a chance to clean up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Halts it: connections stay open, and it does nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child) return
    const ended = once(child, 'exit')
    child.kill(signal)
    const impatience = setTimeout(() => child.kill('SIGKILL'), 60_000)
    await ended
    clearTimeout(impatience)
  }
}
