import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { metricSum } from './metric-sum.js'
import { cpuSecondsOf } from './process-cpu.js'
import { freePort, pause } from './server.js'

/** Another server on this machine that answers the same queries over the same points. */
export interface PeerKind {
  name: string
  key: 'victoriaMetrics' | 'prometheus'
  /** Its program, looked for on PATH. */
  program: string
  writePath: string
  arguments(folder: string, port: number): string[]
  /** Resolves once what was written is at rest, as it is after some hours of running. */
  settle(url: string): Promise<void>
  /** [1h] holds the points at both of its ends. */
  hasClosedRanges: boolean
  /** Parameters that keep it from answering out of a cache. */
  uncached: Readonly<Record<string, string>>
}

/** A peer that runs. */
export interface Peer {
  kind: PeerKind
  url: string
  /** User and system CPU since its start, seconds. */
  cpuSeconds(): number
  stop(): Promise<void>
}

const READY_MS = 120_000
const SETTLE_MS = 900_000

/** VictoriaMetrics would move start and end to multiples of the step and hold back what is newest. */
const victoriaMetrics: PeerKind = {
  name: 'VictoriaMetrics',
  key: 'victoriaMetrics',
  program: 'victoria-metrics',
  writePath: '/api/v1/write',
  arguments: (folder, port) => [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=50y',
    '-search.disableCache',
    '-search.latencyOffset=0s',
    '-loggerLevel=ERROR',
  ],
  hasClosedRanges: false,
  uncached: { nocache: '1' },
  async settle(url) {
    await (await fetch(`${url}/internal/force_flush`)).text()
    await (await fetch(`${url}/internal/force_merge`)).text()
    // It begins in the background; a server that is stopped then has lost the month's points (1.79.5).
    await pause(5000)
    await until(async () => (await metricSum(url, 'vm_active_merges')) === 0)
  },
}

const prometheus: PeerKind = {
  name: 'Prometheus',
  key: 'prometheus',
  program: 'prometheus',
  writePath: '/api/v1/write',
  arguments(folder, port) {
    const config = join(folder, 'prometheus.yml')
    writeFileSync(config, 'global: {}\n')
    return [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      '--storage.tsdb.retention.time=10y',
      '--web.enable-remote-write-receiver',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ]
  },
  hasClosedRanges: true,
  uncached: {},
  /** Its head becomes blocks of two hours, one after the other, and these become longer ones. */
  async settle(url) {
    const HEAD_SECONDS = 3 * 3600
    await until(async () => {
      const newest = await metricSum(url, 'prometheus_tsdb_head_max_time_seconds')
      return newest - (await metricSum(url, 'prometheus_tsdb_head_min_time_seconds')) <= HEAD_SECONDS
    })
  },
}

/** Who stands beside us. */
export const PEERS: readonly PeerKind[] = [victoriaMetrics, prometheus]

/** True if the peer's program is on PATH. */
export function isInstalled({ program }: PeerKind): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts a peer on a free port. @throws with what it wrote last if it does not answer */
export async function startPeer(kind: PeerKind, folder: string): Promise<Peer> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(kind.program, kind.arguments(folder, port), { stdio: ['ignore', 'ignore', 'pipe'] })
  let lastWords = ''
  child.on('error', (error) => {
    lastWords = error.message
  })
  child.stderr.on('data', (bytes: Buffer) => {
    lastWords = `${lastWords}${bytes}`.slice(-2000)
  })
  for (const end = performance.now() + READY_MS; performance.now() < end && child.exitCode === null; await pause(200)) {
    const response = await fetch(`${url}/api/v1/query?query=1`).catch(() => undefined)
    await response?.text()
    if (response?.ok) return { kind, url, cpuSeconds: () => cpuSecondsOf(child.pid!), stop: () => stop(child) }
  }
  await stop(child)
  throw new Error(`${kind.name} did not answer at ${url}; it wrote:\n${lastWords || '(nothing)'}`)
}

/** Sends one remote-write request, compressed. */
export async function remoteWrite({ url, kind }: Peer, body: Buffer): Promise<void> {
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  }
  const response = await fetch(`${url}${kind.writePath}`, { method: 'POST', headers, body: new Uint8Array(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${kind.name} answered ${response.status} to a write: ${text}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + SETTLE_MS; performance.now() < end; await pause(1000)) {
    if (await condition()) return
  }
}
