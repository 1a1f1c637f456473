import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import { CLI } from '../role-process.js'
import { type BenchContext, CannotRun } from './bench.js'

const START_TIMEOUT_MS = 60_000

/** A whole server, as `tidemark up` runs it, in a process of its own. */
export interface Server {
  url: string
  pid: number
  stop(): Promise<void>
}

/**
 * Starts a server on free ports with a data folder of its own. It downloads nothing: without a Temporal server on this
 * machine it runs without one, and that is said.
 * @param wanted settings of the config beside those
 * @param onLog told each line of its log
 * @throws CannotRun with what the server wrote last
 */
export async function startServer(
  { folder, progress }: Pick<BenchContext, 'folder' | 'progress'>,
  wanted: object = {},
  onLog: (line: string) => void = () => undefined,
): Promise<Server> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const config = join(folder, 'tidemark.yaml')
  const settings = {
    data: { dir: join(folder, 'data') },
    http: { port },
    statsd: { port: await freePort() },
    temporal: { install: false },
    logging: { level: 'warn' },
    ...wanted,
  }
  writeFileSync(config, stringify(settings))
  progress('starting `tidemark up`')
  const child = spawn(CLI, ['up', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let lastWords = ''
  createInterface(child.stderr).on('line', (line) => {
    lastWords = `${lastWords}${line}\n`.slice(-2000)
    onLog(line)
  })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const impatience = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(impatience)
  }
  const status = await answers(url, () => child.exitCode !== null)
  if (!status) {
    await stop()
    throw new CannotRun(`\`tidemark up\` did not answer at ${url}; it wrote:\n${lastWords || '(nothing)'}`)
  }
  const { state, reason } = status.workflows
  if (state === 'paused') progress(`workflows are paused: ${reason}`)
  return { url, pid: child.pid!, stop }
}

/** Waits for the status page. */
async function answers(url: string, isGone: () => boolean): Promise<PipelineStatus | undefined> {
  for (const end = performance.now() + START_TIMEOUT_MS; performance.now() < end && !isGone(); ) {
    const response = await fetch(`${url}/api/v1/status/pipeline`).catch(() => undefined)
    if (response?.ok) return ((await response.json()) as { data: PipelineStatus }).data
    await response?.body?.cancel()
    await pause(200)
  }
  return undefined
}

/** Resolves after a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
