import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { victoriametrics } from '../../infra/stack/parts/victoriametrics.js'

/** A VictoriaMetrics of a test's own, which it kills and starts as it likes. */
export class VictoriaMetricsServer {
  readonly url: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-vm-'))
  readonly #port: number
  readonly #flags: readonly string[]
  #child: ChildProcess | undefined

  private constructor(port: number, flags: readonly string[]) {
    this.#port = port
    this.#flags = flags
    this.url = `http://127.0.0.1:${port}`
  }

  /** @param flags beside those of infra/stack */
  static async start(...flags: string[]): Promise<VictoriaMetricsServer> {
    await victoriametrics.install(() => undefined)
    const server = new VictoriaMetricsServer(await freePort(), flags)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const place = { folder: this.#folder, port: this.#port, innerPort: 0 }
    const { file, args } = victoriametrics.command(place)
    const child = spawn(file, [...args, ...this.#flags], { stdio: 'ignore' })
    this.#child = child
    while (!(await victoriametrics.serves(place).catch(() => false))) {
      if (child.exitCode !== null) throw new Error(`VictoriaMetrics ended with ${child.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Ends it: cleanly by SIGTERM, at once by SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Folder of its data. */
  get folder(): string {
    return this.#folder
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** One of its own metrics; 0 while it has none. */
  async metric(name: string): Promise<number> {
    const lines = (await (await fetch(`${this.url}/metrics`)).text()).split('\n')
    return Number(lines.find((line) => line.startsWith(name))?.slice(name.length) ?? 0)
  }

  /** The points of every series that a selector finds, by the series' name and its label `host`. */
  async points(selector: string): Promise<Record<string, [timeMs: number, value: number][]>> {
    await flush(this.url)
    const response = await fetch(`${this.url}/api/v1/export?${new URLSearchParams({ 'match[]': selector })}`)
    const lines = (await response.text()).split('\n').filter((line) => line !== '')
    return Object.fromEntries(
      lines.map((line) => {
        const { metric, values, timestamps } = JSON.parse(line) as ExportedSeries
        return [`${metric.__name__} ${metric.host ?? ''}`.trim(), timestamps.map((ms, i) => [ms, values[i]])]
      }),
    )
  }
}

/** Makes a server show what it has taken, which it does by itself in a few seconds. */
export async function flush(url: string): Promise<void> {
  await (await fetch(`${url}/internal/force_flush`)).text()
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

interface ExportedSeries {
  metric: Record<string, string>
  values: number[]
  timestamps: number[]
}
