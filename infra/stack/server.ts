import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TidemarkError } from '../../schemas/errors.js'
import type { PartDefinition, PartName, Place } from './part.js'
import { markOf, type ProcessMark } from './processes.js'

/** A server that does not serve within this has failed, ms. */
const START_MS = 90_000
/** How long a server may take to end before it is killed, ms. */
const STOP_MS = 30_000
const POLL_MS = 50
/** Bytes of its output that an error quotes. */
const QUOTED_BYTES = 800

/**
 * The kernel ends the server with the thread that started it, however that went. (Start from a process's main thread:
 * a worker thread would take the servers with it.)
 */
const GUARD = ['--pdeathsig', 'KILL', '--']

/** A server of the stack, with what a chaos program does to it. Port and data stay the same from start to start. */
export interface StackPart {
  name: PartName
  /** host:port that clients connect to. */
  address: string
  /** Its process; undefined while it is down. */
  pid(): number | undefined
  /** Starts it if it is down, and waits until it serves. Throws TM_STACK_START with its last words. */
  start(): Promise<void>
  /** Ends it cleanly, by force only if it does not go. */
  stop(): Promise<void>
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>
  /** Halts it (SIGSTOP): connections stay open and nobody answers. */
  pause(): void
  resume(): void
}

/** What a server is started from. */
export interface ServerOptions {
  name: PartName
  definition: PartDefinition
  place: Place
  env: NodeJS.ProcessEnv
  /** File that its output is appended to. */
  logFile: string
  /** Called with each new process, so that a later run finds the one that this run left behind. */
  onProcess(mark: ProcessMark): void
  /** Called when it ended though nobody asked for that. */
  onDeath(reason: string): void
}

export function createServer(options: ServerOptions): StackPart {
  return new Server(options)
}

class Server implements StackPart {
  readonly name: PartName
  readonly address: string
  readonly #options: ServerOptions
  #child: ChildProcess | undefined
  #isWanted = false
  /** How its last process ended. */
  #end = ''

  constructor(options: ServerOptions) {
    this.#options = options
    this.name = options.name
    this.address = `127.0.0.1:${options.place.port}`
  }

  pid(): number | undefined {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    if (this.#child) return
    const { definition, place } = this.#options
    try {
      await definition.prepare(place)
      const child = this.#spawn()
      await this.#untilServing(child)
      this.#isWanted = true
    } catch (thrown) {
      await this.kill()
      throw this.#failure(thrown)
    }
  }

  stop(): Promise<void> {
    return this.#finish(this.#options.definition.stopSignal)
  }

  kill(): Promise<void> {
    return this.#finish('SIGKILL')
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  #spawn(): ChildProcess {
    const { definition, place, env, logFile, onProcess, onDeath } = this.#options
    const command = definition.command(place)
    const log = openSync(logFile, 'a')
    // A process group of its own: Ctrl-C in the terminal reaches us alone, and we end the servers in their order.
    const child = spawn('setpriv', [...GUARD, command.file, ...command.args], {
      ...command.options,
      env: { ...env, ...command.env },
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    this.#child = child
    child.once('exit', (code, signal) => {
      this.#child = undefined
      this.#end = `ended with ${code ?? signal}`
      if (this.#isWanted) onDeath(this.#end)
    })
    child.once('error', ({ message }) => {
      this.#child = undefined
      this.#end = `cannot be run: ${message}`
    })
    const mark = child.pid === undefined ? undefined : markOf(child.pid)
    if (mark) onProcess(mark)
    return child
  }

  async #untilServing(child: ChildProcess): Promise<void> {
    const { definition, place } = this.#options
    const deadline = performance.now() + START_MS
    let last = 'it does not answer'
    while (performance.now() < deadline) {
      if (this.#child !== child) throw new Error(`it ${this.#end}`)
      const isServing = await definition.serves(place).catch((thrown) => {
        last = (thrown as Error).message
        return false
      })
      if (isServing && this.#child === child) return
      await sleep(POLL_MS)
    }
    throw new Error(`not ready after ${START_MS / 1000} s (${last})`)
  }

  async #finish(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#isWanted = false
    if (!child) return
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    // One that is halted would keep the signal for later.
    child.kill('SIGCONT')
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(force)
  }

  #failure(thrown: unknown): TidemarkError {
    const { logFile, name } = this.#options
    const { message } = thrown as Error
    const said = lastWords(logFile)
    return new TidemarkError(
      'TM_STACK_START',
      { part: name, reason: said ? `${message}: ${said}` : message, file: logFile },
      thrown,
    )
  }
}

function lastWords(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').slice(-QUOTED_BYTES).trim()
  } catch {
    return ''
  }
}
