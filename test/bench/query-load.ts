import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compressSync } from 'snappy'
import { encodeWriteRequest, type WriteSeries } from '../../ingest/remote-write/encode.js'
import type { BenchContext } from './bench.js'
import { MeasuredProcess } from './measured-process.js'
import { DAY_MS, dataIdentity, dataStartMs, pointsOf, type QueryScale, type Stretch, stretches } from './query-data.js'
import type { QueryLoadAnswer, QueryLoadRequest } from './query-load-run.js'
import { type Peer, type PeerKind, remoteWrite, startPeer } from './query-peers.js'

/** Samples of a remote-write request, about. */
const SAMPLES_PER_BODY = 50_000

/** The folder of one server's data below the bench's folder. */
export function dataFolder(folder: string, name: string): string {
  return join(folder, name.toLowerCase())
}

/** Loads our data folder, unless it holds these points already. */
export async function loadTidemark(folder: string, context: BenchContext): Promise<void> {
  const { scale, progress } = context
  const into = dataFolder(folder, 'Tidemark')
  if (isLoaded(into, scale)) return
  const loader = new MeasuredProcess('query-load-run.js', context)
  try {
    progress(`Tidemark: loading ${(pointsOf(scale) / 1e6).toFixed(1)} M points (once, in a folder given by --folder)`)
    const request: QueryLoadRequest = { folder: into, scale }
    const { points, blocks, wallSeconds, cpuSeconds } = await loader.ask<QueryLoadAnswer>(request)
    const rate = Math.round(points / wallSeconds / 1000)
    progress(`Tidemark: ${blocks} blocks, ${rate}k points/s, ${Math.round(cpuSeconds)} CPU-s`)
  } finally {
    await loader.end()
  }
  markLoaded(into, scale)
}

/** Loads those of the peers that do not hold these points already, by remote write in order of time. */
export async function loadPeers(kinds: readonly PeerKind[], folder: string, context: BenchContext): Promise<void> {
  const { scale, progress } = context
  const missing = kinds.filter(({ name }) => !isLoaded(dataFolder(folder, name), scale))
  if (missing.length === 0) return
  const peers: Peer[] = []
  try {
    for (const kind of missing) peers.push(await startPeer(kind, dataFolder(folder, kind.name)))
    await send(peers, context)
    for (const { kind, url, cpuSeconds } of peers) {
      progress(`${kind.name}: ${Math.round(cpuSeconds())} CPU-s, waiting until its files are merged`)
      await kind.settle(url)
    }
  } finally {
    for (const peer of peers) await peer.stop()
  }
  for (const { name } of missing) markLoaded(dataFolder(folder, name), scale)
}

async function send(peers: readonly Peer[], { scale, progress }: BenchContext): Promise<void> {
  const startMs = dataStartMs(scale)
  const names = peers.map(({ kind }) => kind.name).join(', ')
  const begun = performance.now()
  for (const stretch of stretches(scale)) {
    for (const body of bodiesOf(stretch)) await Promise.all(peers.map((peer) => remoteWrite(peer, body)))
    const sentMs = stretch.endMs - startMs
    if (sentMs % DAY_MS !== 0) continue
    const share = sentMs / (scale.days * DAY_MS)
    const leftSeconds = ((performance.now() - begun) / 1000 / share) * (1 - share)
    progress(`${names}: ${Math.round(share * 100)} % sent, about ${Math.round(leftSeconds)} s to go`)
  }
}

function* bodiesOf(stretch: Stretch): Iterable<Buffer> {
  let request: WriteSeries[] = []
  let samples = 0
  const body = () => compressSync(Buffer.from(encodeWriteRequest(request)))
  for (const { series, timeMs, value } of stretch.points()) {
    const labels = [['__name__', series.metric] as const, ...series.labels]
    request.push({ labels, samples: Array.from(value, (one, i) => ({ timeMs: timeMs[i], value: one })) })
    samples += value.length
    if (samples < SAMPLES_PER_BODY) continue
    yield body()
    request = []
    samples = 0
  }
  if (request.length > 0) yield body()
}

/** A marker beside a loaded folder says what is in it; anything else there is thrown away. */
function isLoaded(folder: string, scale: QueryScale): boolean {
  const marker = markerOf(folder)
  if (existsSync(marker) && readFileSync(marker, 'utf8') === dataIdentity(scale)) return true
  for (const path of [marker, folder]) rmSync(path, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return false
}

function markLoaded(folder: string, scale: QueryScale): void {
  writeFileSync(markerOf(folder), dataIdentity(scale))
}

function markerOf(folder: string): string {
  return `${folder}.loaded`
}
