import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PipelineStatus } from '../../schemas/ports/status.js'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
/** Beside this file where that is built too, else in dist/: a test that runs from its source starts what was built. */
const CLI = [ROOT, join(ROOT, 'dist')].map((folder) => join(folder, 'cli', 'tidemark.js')).find(existsSync)

/** How a server for a test is started. */
export interface ServerSettings {
  dataDir: string
  /** Config by environment, e.g. TIDEMARK_BLOCKS_LENGTH. */
  settings: Record<string, string>
  /** Where agents go on looking for it after a restart; any free one unless given. */
  httpPort?: number
}

/** A `tidemark up` of its own, as a user starts it: another process, real sockets, a data folder. */
export class TestServer {
  readonly url: string
  readonly statsdPort: number
  #child: ChildProcess
  /** What it has written, newest last, for when a test fails. */
  readonly output: string[] = []

  private constructor(child: ChildProcess, httpPort: number, statsdPort: number) {
    this.#child = child
    this.url = `http://127.0.0.1:${httpPort}`
    this.statsdPort = statsdPort
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output.push(chunk.toString())
        if (this.output.length > 2000) this.output.shift()
      })
    }
  }

  /** Starts it and waits until it answers queries. @throws if it ends or does not answer within the time */
  static async start(
    { dataDir, settings, httpPort: givenPort }: ServerSettings,
    withinMs = 60_000,
  ): Promise<TestServer> {
    if (CLI === undefined) throw new Error('the server is not built: npm run build')
    const [freePort, statsdPort] = await freePorts(2)
    const httpPort = givenPort ?? freePort
    const env = {
      ...process.env,
      ...settings,
      TIDEMARK_DATA_DIR: dataDir,
      TIDEMARK_HTTP_PORT: String(httpPort),
      TIDEMARK_STATSD_PORT: String(statsdPort),
    }
    const child = spawn(process.execPath, [CLI, 'up'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const server = new TestServer(child, httpPort, statsdPort)
    const deadline = performance.now() + withinMs
    while (performance.now() < deadline) {
      if (child.exitCode !== null)
        throw new Error(`the server ended with status ${child.exitCode}:\n${server.output.join('')}`)
      const ready = await fetch(`${server.url}/-/ready`).catch(() => undefined)
      if (ready?.ok) return server
      await sleep(100)
    }
    child.kill('SIGKILL')
    throw new Error(`the server was not ready within ${withinMs} ms:\n${server.output.join('')}`)
  }

  /** Ends it without a chance to clean up. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  /** Ends it as Ctrl-C does; @returns its exit status */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGINT')
    const [status] = (await once(this.#child, 'exit')) as [number | null]
    return status
  }

  async json<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`)
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
    return JSON.parse(text) as T
  }

  async status(): Promise<PipelineStatus> {
    return (await this.json<{ data: PipelineStatus }>('/api/v1/status/pipeline')).data
  }

  /** Waits for a state of the pipeline. @throws with the last state and the server's output */
  async until(what: string, holds: (status: PipelineStatus) => boolean, withinMs: number): Promise<PipelineStatus> {
    const deadline = performance.now() + withinMs
    let last: PipelineStatus | undefined
    while (performance.now() < deadline) {
      last = await this.status()
      if (holds(last)) return last
      await sleep(250)
    }
    throw new Error(
      `${what}: not within ${withinMs} ms; the pipeline: ${JSON.stringify(last, undefined, 2)}\n${this.output.slice(-50).join('')}`,
    )
  }
}

/** Ports of the loopback that nothing listens on at present. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
