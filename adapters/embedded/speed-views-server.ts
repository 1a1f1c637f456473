import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { EmbeddedHotStore } from './hot-store.js'
import type { EmbeddedLiveView } from './live-view.js'
import { packSeries } from './series-feed.js'
import {
  CHANGES_PATH,
  COVERED_PATH,
  FRAME_HEADER_BYTES,
  RENUMBERED,
  SERIES_PATH,
  WINDOWS_PATH,
} from './speed-views-protocol.js'

/** How long an answer may keep the event loop to itself, ms. */
const SLICE_MS = 3

const NOTHING = new Uint8Array(0)

/** What is asked for: the views that lie in this process. */
export interface SpeedViews {
  live?: EmbeddedLiveView
  hot?: EmbeddedHotStore
}

/**
 * Lets another process of this machine read the live view, which lies in this one's memory, and know the series of the
 * hot store, whose windows it reads from the disk by itself. This process does little for it: no matcher is looked at
 * here, and what was packed once is kept.
 * @param path of a Unix socket
 */
export async function serveSpeedViews(path: string, views: SpeedViews): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => {
    // The other side sees a broken answer, and says so to whoever asked.
    answer(views, request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 0
  server.listen(path)
  await once(server, 'listening')
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer({ live, hot }: SpeedViews, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://speed')
  const number = (name: string) => Number(searchParams.get(name))
  const position = { generation: number('generation'), known: number('known') }
  if (pathname === SERIES_PATH.live && live) {
    response.end(packSeries(live.numbered, live.generation, position))
    return
  }
  if (pathname === SERIES_PATH.hot && hot) {
    response.end(packSeries(hot.numbered, 0, position))
    return
  }
  if (pathname === COVERED_PATH && live) {
    response.end(String((await live.coveredFromMs()) ?? ''))
    return
  }
  if (pathname === WINDOWS_PATH && live) {
    const body: Buffer[] = []
    for await (const piece of request) body.push(piece as Buffer)
    if (number('generation') !== live.generation) return void response.writeHead(RENUMBERED).end()
    const words = new Uint32Array(new Uint8Array(Buffer.concat(body)).buffer)
    const metrics = words.subarray(0, number('metrics'))
    const numbers = words.length > metrics.length ? words.subarray(metrics.length) : undefined
    await send(live.packed({ startMs: number('start'), endMs: number('end') }, metrics, numbers), response)
    return
  }
  if (pathname === CHANGES_PATH && live) return tellChanges(live, response)
  response.writeHead(404).end()
}

/** Sends chunks, each behind its length, until the other side has them all or goes away. */
async function send(chunks: Iterable<Uint8Array | undefined>, response: ServerResponse): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS
  for (const chunk of chunks) {
    if (response.destroyed) return
    if (chunk) writeFrame(chunk, response)
    if (response.writableNeedDrain) await drained(response)
    else if (performance.now() >= sliceEnd) await new Promise((resume) => setImmediate(resume))
    else continue
    sliceEnd = performance.now() + SLICE_MS
  }
  response.end()
}

/** Tells of changes until the other side goes away. It is not waited for: what it is too slow for is left out. */
async function tellChanges(live: EmbeddedLiveView, response: ServerResponse): Promise<void> {
  let isBehind = false
  const write = (frame: Uint8Array) => {
    isBehind ||= response.writableNeedDrain
    if (!isBehind) writeFrame(frame, response)
  }
  response.on('drain', () => {
    if (isBehind) writeFrame(NOTHING, response)
    isBehind = false
  })
  const watch = await live.watch({
    changed: ({ buffer, byteOffset, byteLength }) => write(new Uint8Array(buffer, byteOffset, byteLength)),
    missed: () => write(NOTHING),
  })
  response.on('close', () => void watch.close())
  response.flushHeaders()
}

function writeFrame(chunk: Uint8Array, response: ServerResponse): void {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, chunk.length, true)
  response.cork()
  response.write(header)
  response.write(chunk)
  response.uncork()
}

/** Resolves once more can be written, or nobody is there to read it. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve()
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}
