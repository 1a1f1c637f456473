import { Decoder } from '@toondepauw/node-zstd'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { WindowSelection } from '../../schemas/ports/window-store.js'
import { type Matcher, seriesPredicate } from '../../schemas/series/matcher.js'
import type { Series } from '../../schemas/series/series.js'
import { alignDown, alignUp, type Clock, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { decodeChunk } from '../../schemas/windows/chunk.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import { slicedWindows } from '../embedded/sliced-windows.js'
import type { CarrierLabels } from './carrier-labels.js'
import type { VictoriaMetricsClient } from './client.js'
import { ExportLines } from './export-lines.js'
import { unpackWindows } from './frame-content.js'
import { type Frame, Frames } from './frames.js'
import { KnownSeries, type NumberedLane } from './known-series.js'
import { laneOf, NUMBERING_MS, SERIES_METRIC, WINDOWS_METRIC } from './layout.js'
import { READ_WAITS_MS, retried } from './retry.js'

/** How much time one request asks for, ms: at first, and at most. */
const FIRST_SLICE_MS = 600_000
const LONGEST_SLICE_MS = 86_400_000
/** With less than this the next request asks for twice the time, with more than that for half of it. */
const SMALL_BYTES = 1 << 19
const LARGE_BYTES = 1 << 21
/** A server that is well shows a whole frame this long after it was written, ms. */
const SETTLED_MS = 60_000

/** What reading needs. */
export interface FrameReaderOptions {
  client: VictoriaMetricsClient
  labels: CarrierLabels
  clock: Clock
  sleep: (ms: number) => Promise<void>
}

/** Windows of a chunk, and what its numbers mean. */
interface NumberedChunk {
  chunk: Uint8Array
  lane: NumberedLane
  frame: Frame
}

/** One reading under way. */
interface Reading {
  known: KnownSeries
  /** undefined: all. */
  lanes: readonly number[] | undefined
  /** Series of the hour at hand are known up to here, ms. */
  knownToMs: number
}

/** Reads windows out of their frames. Every call throws TM_HOTSTORE_UNAVAILABLE, TM_HOTSTORE_REFUSED or TM_QUERY_REGEX. */
export class FrameReader {
  readonly #options: FrameReaderOptions
  readonly #zstd = new Decoder()

  constructor(options: FrameReaderOptions) {
    this.#options = options
  }

  async *read({ matchers, ...range }: WindowSelection): AsyncIterable<WindowColumns> {
    yield* slicedWindows(this.#chunks(range, startReading(matchers)), decodeAt)
  }

  /** The wanted series that were numbered in the hours of the range, before its end. */
  async series({ matchers, startMs, endMs }: WindowSelection): Promise<Series[]> {
    const reading = startReading(matchers)
    let sliceMs = FIRST_SLICE_MS
    for (let fromMs = alignDown(startMs, NUMBERING_MS); fromMs < endMs; ) {
      const toMs = Math.min(endMs, fromMs + sliceMs)
      sliceMs = nextSliceMs(sliceMs, await this.#learn(reading, { startMs: fromMs, endMs: toMs }))
      reading.known.forgetNumbersBefore(alignDown(toMs, NUMBERING_MS))
      fromMs = toMs
    }
    return reading.known.wanted
  }

  async *#chunks(range: TimeRange, reading: Reading): AsyncIterable<NumberedChunk> {
    let sliceMs = FIRST_SLICE_MS
    for (let fromMs = alignUp(range.startMs, WINDOW_MS); fromMs < range.endMs; ) {
      const slice = { startMs: fromMs, endMs: Math.min(range.endMs, fromMs + sliceMs) }
      const frames = await this.#export(WINDOWS_METRIC, slice, reading.lanes)
      if (!frames.isEmpty) yield* await this.#choose(frames, slice, reading)
      sliceMs = nextSliceMs(sliceMs, frames.bytes)
      fromMs = slice.endMs
    }
  }

  /** The chunks of each partition, lane and start: those of the latest frame that can be read. */
  async #choose(frames: Frames, slice: TimeRange, reading: Reading): Promise<NumberedChunk[]> {
    const whole = frames.whole().map((frame) => ({ frame, ...unpackWindows(this.#inflate(frame)) }))
    if (whole.length === 0) this.#checkFragments(slice)
    const hourMs = alignDown(slice.startMs, NUMBERING_MS)
    reading.known.forgetNumbersBefore(hourMs)
    await this.#learn(reading, { startMs: Math.max(reading.knownToMs, hourMs), endMs: slice.endMs })
    reading.knownToMs = slice.endMs
    const isKnown = ({ frame, seriesBelow }: (typeof whole)[number]) => reading.known.laneOf(frame).knows(seriesBelow)
    // Series may become visible after windows that were written later.
    if (!whole.every(isKnown)) await this.#learn(reading, { startMs: hourMs, endMs: slice.endMs })
    return whole
      .filter(isKnown)
      .filter(({ frame }, i, usable) => i === 0 || !isSameStretch(frame, usable[i - 1].frame))
      .flatMap(({ frame, chunks }) => chunks.map((chunk) => ({ chunk, lane: reading.known.laneOf(frame), frame })))
  }

  /** Takes in the series that windows of the range were the first to name. @returns how many bytes they had */
  async #learn({ known, lanes }: Reading, range: TimeRange): Promise<number> {
    const frames = await this.#export(SERIES_METRIC, range, lanes)
    for (const frame of frames.whole()) known.learn(frame, this.#inflate(frame))
    return frames.bytes
  }

  #export(metric: string, range: TimeRange, lanes: readonly number[] | undefined): Promise<Frames> {
    const { client, labels, clock, sleep } = this.#options
    const read = async () => {
      const frames = new Frames(range)
      const lines = new ExportLines((line) => frames.add(line))
      for await (const bytes of client.export(labels.selector(metric, lanes, clock()), range)) lines.push(bytes)
      lines.finish()
      return frames
    }
    return retried(read, READ_WAITS_MS, sleep)
  }

  #inflate({ content }: Frame): Uint8Array {
    return this.#zstd.decodeSync(Buffer.from(content.buffer, content.byteOffset, content.length))
  }

  /** Nothing but fragments, and none just written: somebody thins the samples out. */
  #checkFragments({ startMs, endMs }: TimeRange): void {
    if (endMs > this.#options.clock() - SETTLED_MS) return
    const between = `${new Date(startMs).toISOString()} and ${new Date(endMs).toISOString()}`
    const reason = `no windows between ${between} are whole; its -dedup.minScrapeInterval must be as it was when they were written`
    throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason })
  }
}

function startReading(matchers: readonly Matcher[]): Reading {
  const known = new KnownSeries(seriesPredicate(matchers))
  return { known, lanes: lanesOf(matchers), knownToMs: Number.NEGATIVE_INFINITY }
}

/** The lanes in which the matchers' metrics lie, if they name them. */
function lanesOf(matchers: readonly Matcher[]): number[] | undefined {
  const exact = matchers.find(({ name, op }) => name === '__name__' && op === '=')
  return exact && [laneOf(Buffer.from(exact.value))]
}

function isSameStretch(a: Frame, b: Frame): boolean {
  return a.startMs === b.startMs && a.partition === b.partition && a.lane === b.lane
}

function nextSliceMs(sliceMs: number, bytes: number): number {
  if (bytes > LARGE_BYTES) return Math.max(WINDOW_MS, alignDown(sliceMs / 2, WINDOW_MS))
  return bytes < SMALL_BYTES ? Math.min(LONGEST_SLICE_MS, sliceMs * 2) : sliceMs
}

function decodeAt({ chunk, lane, frame }: NumberedChunk, into: WindowColumns): void {
  try {
    decodeChunk(chunk, ({ number }) => lane.wanted(number), into)
  } catch (cause) {
    const where = `windows of ${new Date(frame.startMs).toISOString()}, partition ${frame.partition}`
    const reason = `the ${where} are damaged: ${asTidemarkError(cause).message}`
    throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason }, cause)
  }
}
