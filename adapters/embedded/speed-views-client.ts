import { type IncomingMessage, request } from 'node:http'
import { type ErrorCode, TidemarkError } from '../../schemas/errors.js'
import type { LiveView, WindowReader, WindowSelection } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import { decodeChunk, type SeriesResolver } from '../../schemas/windows/chunk.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import { type ChangeConnection, ReconnectingChanges } from '../reconnecting-changes.js'
import { type Environment, openEnvironment } from './environment.js'
import { type HotTables, readHotWindows } from './hot-reader.js'
import type { NumberedSeries, SeriesSelection } from './numbered-series.js'
import { SeriesCopy } from './series-feed.js'
import { slicedWindows } from './sliced-windows.js'
import {
  CHANGES_PATH,
  COVERED_PATH,
  FRAME_HEADER_BYTES,
  RENUMBERED,
  SERIES_PATH,
  WINDOWS_PATH,
} from './speed-views-protocol.js'

/** Series are picked one by one where they are less than one in so many of their metrics. */
const FEW = 8
/** A numbering lasts for minutes: one that changes under each of so many tries is a mistake. */
const TRIES = 5

/** The live view of another process of this machine, as that one serves it with `serveSpeedViews`. */
export class RemoteLiveView implements Pick<LiveView, 'read' | 'series' | 'coveredFromMs'> {
  readonly #path: string
  readonly #feed: SeriesFeed

  /** @param path of the Unix socket */
  constructor(path: string) {
    this.#path = path
    this.#feed = new SeriesFeed(path, SERIES_PATH.live, 'TM_LIVEVIEW_UNAVAILABLE')
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { series, generation } = await this.#feed.refresh()
      const selected = series.select(selection.matchers, selection)
      if (selected.count === 0) return
      const { wanted, metrics } = selected
      const { startMs, endMs } = selection
      const address = `${WINDOWS_PATH}?generation=${generation}&start=${startMs}&end=${endMs}&metrics=${metrics.length}`
      const response = await ask(this.#path, 'TM_LIVEVIEW_UNAVAILABLE', address, wantedWords(series, selected))
      if (response.statusCode === RENUMBERED) {
        response.resume()
        continue
      }
      const resolve: SeriesResolver = ({ number }) => (wanted[number] === 1 ? series.at(number) : undefined)
      yield* slicedWindows(framesOf(response), (chunk, into) => decodeChunk(chunk, resolve, into))
      return
    }
    throw new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason: 'its series are numbered anew all the time' })
  }

  async series(selection: WindowSelection): Promise<Series[]> {
    const { series } = await this.#feed.refresh()
    return series.within(selection.matchers, selection)
  }

  async coveredFromMs(): Promise<number | undefined> {
    const text = await bytesOf(await ask(this.#path, 'TM_LIVEVIEW_UNAVAILABLE', COVERED_PATH))
    return text.length === 0 ? undefined : Number(text.toString())
  }
}

/** Reads what an {@link EmbeddedHotStore} of another process writes: windows from the disk, series from that process. */
export class RemoteHotStore implements WindowReader {
  readonly #environment: Environment
  readonly #tables: HotTables
  readonly #feed: SeriesFeed

  /**
   * @param folder of the store, which that process has opened
   * @param path of the Unix socket of `serveSpeedViews`
   */
  constructor(folder: string, path: string) {
    this.#environment = openEnvironment(folder, true, true)
    this.#tables = { batches: this.#environment.table('batches'), chunks: this.#environment.table('chunks') }
    this.#feed = new SeriesFeed(path, SERIES_PATH.hot, 'TM_HOTSTORE_UNAVAILABLE')
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    const { series } = await this.#feed.refresh()
    // What was committed before the question is seen.
    this.#environment.root.resetReadTxn()
    yield* readHotWindows(this.#tables, series, series.select(selection.matchers, selection), selection)
  }

  async series(selection: WindowSelection): Promise<Series[]> {
    const { series } = await this.#feed.refresh()
    return series.within(selection.matchers, selection)
  }

  async close(): Promise<void> {
    await this.#environment.root.close()
  }
}

/** Changes of the live view of another process of this machine. @param path of the Unix socket of `serveSpeedViews` */
export function remoteWindowChanges(path: string): ReconnectingChanges {
  return new ReconnectingChanges((connection) => listen(path, connection))
}

async function listen(path: string, { signal, begun, changed, missed }: ChangeConnection): Promise<void> {
  const response = await ask(path, 'TM_LIVEVIEW_UNAVAILABLE', CHANGES_PATH)
  const end = () => response.destroy()
  signal.addEventListener('abort', end)
  try {
    begun()
    for await (const frame of framesOf(response)) {
      if (frame.length === 0) missed()
      else changed(new Uint32Array(frame.buffer))
    }
  } finally {
    signal.removeEventListener('abort', end)
  }
}

interface KnownSeries {
  series: NumberedSeries
  generation: number
}

/** A copy of a store's series that is brought up to date before each use. */
class SeriesFeed {
  readonly #path: string
  readonly #address: string
  readonly #code: ErrorCode
  readonly #copy = new SeriesCopy()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string, address: string, code: ErrorCode) {
    this.#path = path
    this.#address = address
    this.#code = code
  }

  refresh(): Promise<KnownSeries> {
    const turn = this.#turn.then(() => this.#fetch())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #fetch(): Promise<KnownSeries> {
    for (;;) {
      const { generation, known } = this.#copy.position
      const address = `${this.#address}?generation=${generation}&known=${known}`
      const page = await bytesOf(await ask(this.#path, this.#code, address))
      if (this.#copy.take(page)) return { series: this.#copy.series, generation: this.#copy.position.generation }
    }
  }
}

/** Asks the other process. @throws the code's error if it cannot be reached */
function ask(socketPath: string, code: ErrorCode, path: string, body?: Uint32Array): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET'
    const asked = request({ socketPath, path, method, agent: false }, resolve)
    asked.on('error', (cause) => reject(new TidemarkError(code, { reason: cause.message }, cause)))
    asked.end(body && new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
  })
}

/** Numbers of the metrics and, where they are few of them, of the series. */
function wantedWords(series: NumberedSeries, { wanted, count, metrics }: SeriesSelection): Uint32Array {
  if (count * FEW > series.countOf(metrics)) return metrics
  const words = new Uint32Array(metrics.length + count)
  words.set(metrics)
  let at = metrics.length
  for (let number = 0; number < wanted.length; number++) if (wanted[number] === 1) words[at++] = number
  return words
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** Each frame's bytes, as a copy of their own. */
async function* framesOf(response: IncomingMessage): AsyncIterable<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of response) {
    const bytes = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer])
    let at = 0
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUInt32LE(at)
      if (end > bytes.length) break
      yield new Uint8Array(bytes.subarray(at + FRAME_HEADER_BYTES, end))
      at = end
    }
    rest = bytes.subarray(at)
  }
}
