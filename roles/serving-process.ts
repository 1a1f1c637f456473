import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type SpeedViews, serveSpeedViews } from '../adapters/embedded/speed-views-server.js'
import { TidemarkError } from '../schemas/errors.js'
import type { CloseStack } from './close-stack.js'
import type { ForeignFamily } from './metrics/process-metrics.js'
import { METRICS_PATH, type ServingSetup } from './serving-views.js'

/** JavaScript heap of the process; points and windows lie outside it and are bounded by `limits.querySamples`. MB */
const HEAP_MB = 2048
/** A process that lived shorter than this is replaced only after it, ms. */
const RESTART_MS = 2000
/** How long a request waits for a process that is starting, ms. */
const PATIENCE_MS = 10_000
/** How long a process may take to close, ms. */
const CLOSE_MS = 5000

/** A route that the process answers. */
export interface ServedRoute {
  method: string[]
  url: string
}

/** A request that is handed over. */
export interface HandedRequest {
  method: string
  /** Path and parameters. */
  url: string
  headers: IncomingHttpHeaders
  body?: Readable
  /** Aborted when the client goes away, which ends the query. */
  signal: AbortSignal
}

/** What the process is started with. */
export interface ServingProcessOptions {
  setup: Omit<ServingSetup, 'socket' | 'speedSocket'>
  speed: SpeedViews
  logger: Logger
  closing: CloseStack
  /** File of the process; the one beside this file. */
  program?: string
}

/**
 * Starts the process that answers queries, and replaces it whenever it ends. It reads the hot store and the archive by
 * itself and asks this process for the live view. It may still be starting when this resolves: see `routes`.
 */
export async function startServingProcess(options: ServingProcessOptions): Promise<ServingProcess> {
  const { closing, speed, setup, logger, program } = options
  // Sockets have short names, and nobody else may enter: the data folder is neither sure to be short nor to hold sockets.
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-serving-'))
  closing.add('the sockets', () => rmSync(folder, { recursive: true, force: true }))
  const speedSocket = join(folder, 'speed')
  const server = await serveSpeedViews(speedSocket, speed)
  closing.add('the speed views', () => server.close())
  const serving = new ServingProcess({
    setup: { ...setup, socket: join(folder, 'serving'), speedSocket },
    program: program ?? fileURLToPath(new URL('./serving-main.js', import.meta.url)),
    logger,
    ended: () => speed.hot?.forgetDeadReaders(),
  })
  closing.add('the serving process', () => serving.close())
  return serving
}

interface ProcessOptions {
  setup: ServingSetup
  program: string
  logger: Logger
  /** Called after the end of each process. */
  ended: () => void
}

/** The process that answers queries. */
export class ServingProcess {
  readonly #options: ProcessOptions
  #child: ChildProcess
  #routes: Promise<readonly ServedRoute[]>
  #startedMs = 0
  #restart: NodeJS.Timeout | undefined
  #isReady = false
  #closed = false

  constructor(options: ProcessOptions) {
    this.#options = options
    this.#child = this.#launch()
    this.#routes = this.#untilReady(this.#child)
  }

  /** What the process that runs now answers, once it does. @throws TM_SERVING_UNAVAILABLE */
  get routes(): Promise<readonly ServedRoute[]> {
    return this.#routes
  }

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Why queries cannot be answered now. */
  notReady(): string[] {
    return this.#isReady ? [] : ['the serving process is starting']
  }

  /**
   * Hands a request over.
   * @returns the answer: its body is still under way
   * @throws TM_SERVING_UNAVAILABLE, TM_QUERY_CANCELLED
   */
  async ask({ method, url, headers, body, signal }: HandedRequest): Promise<IncomingMessage> {
    await this.#untilPatienceEnds()
    return new Promise((resolve, reject) => {
      const { socket } = this.#options.setup
      const options = { socketPath: socket, path: url, method, headers, signal, agent: false } as const
      const asked = request(options, resolve)
      asked.on('error', (cause) =>
        reject(
          signal.aborted
            ? new TidemarkError('TM_QUERY_CANCELLED', {}, cause)
            : unavailable(`the serving process ended (${cause.message})`, cause),
        ),
      )
      if (body) body.pipe(asked)
      else asked.end()
    })
  }

  /** What the process counts. @throws TM_SERVING_UNAVAILABLE */
  async metrics(): Promise<ForeignFamily[]> {
    if (!this.#isReady) throw unavailable('the serving process is starting')
    const answer = await this.ask({
      method: 'GET',
      url: METRICS_PATH,
      headers: {},
      signal: new AbortController().signal,
    })
    return (await json(answer)) as ForeignFamily[]
  }

  /** Ends the process, and with it what it is answering. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    if (child.connected) child.disconnect()
    const impatience = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
    await ended
    clearTimeout(impatience)
  }

  #launch(): ChildProcess {
    const { program, setup } = this.#options
    rmSync(setup.socket, { force: true })
    this.#startedMs = performance.now()
    const child = fork(program, [], { execArgv: [`--max-old-space-size=${HEAP_MB}`], stdio: 'inherit' })
    child.once('exit', (code, signal) => this.#ended(signal ?? `status ${code}`))
    child.on('error', (cause) => {
      // One that could not be made has no end to be told of.
      if (child.pid === undefined) this.#ended(cause.message)
    })
    // A process that cannot take its message ends, which is told above.
    if (child.pid !== undefined) child.send(setup, () => {})
    return child
  }

  #untilReady(child: ChildProcess): Promise<readonly ServedRoute[]> {
    const ready = new Promise<readonly ServedRoute[]>((resolve, reject) => {
      child.once('message', (routes: ServedRoute[]) => {
        this.#isReady = true
        resolve(routes)
      })
      child.on('error', (cause) => reject(unavailable(`the serving process cannot start: ${cause.message}`, cause)))
      child.once('exit', () => reject(unavailable('the serving process ended')))
    })
    ready.catch(() => {})
    return ready
  }

  #ended(how: string): void {
    this.#isReady = false
    if (this.#closed) return
    this.#options.ended()
    const waitMs = Math.max(0, this.#startedMs + RESTART_MS - performance.now())
    this.#options.logger.error({ how, waitMs }, 'the serving process ended; it is started again')
    const wait = new Promise((resolve) => {
      this.#restart = setTimeout(resolve, waitMs)
    })
    this.#routes = wait.then(() => {
      this.#child = this.#launch()
      return this.#untilReady(this.#child)
    })
    this.#routes.catch(() => {})
  }

  async #untilPatienceEnds(): Promise<void> {
    if (this.#isReady) return
    let timer: NodeJS.Timeout | undefined
    const impatience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable('the serving process is starting')), PATIENCE_MS)
    })
    await Promise.race([this.#routes, impatience]).finally(() => clearTimeout(timer))
  }
}

function unavailable(reason: string, cause?: unknown): TidemarkError {
  return new TidemarkError('TM_SERVING_UNAVAILABLE', { reason }, cause)
}
