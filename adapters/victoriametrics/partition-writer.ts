import { crc32 } from 'node:zlib'
import type { Encoder } from '@toondepauw/node-zstd'
import { TidemarkError } from '../../schemas/errors.js'
import { alignDown, type Clock, WINDOW_MS } from '../../schemas/time.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import type { CarrierLabels } from './carrier-labels.js'
import { HourSeries, type LaneContent } from './hour-series.js'
import {
  type FramePlace,
  frameOf,
  NUMBERING_MS,
  SAMPLE_BYTES,
  SERIES_METRIC,
  samplesPerStrip,
  WINDOWS_METRIC,
} from './layout.js'
import type { ReadableSeries } from './readable-series.js'
import type { Sender, Sent } from './sender.js'
import { EARLIEST_MS, LATEST_MS, type WriteRequest } from './write-request.js'

/** Rows whose readable series go into a request at a time. */
const READABLE_ROWS = 256

/** A book that a partition's windows go into: see layout.ts. */
export interface Book {
  name: string
  /** ms from sample to sample. */
  stepMs: number
}

/** What every partition writes with. */
export interface PartitionWriterOptions {
  sender: Sender
  zstd: Encoder
  labels: CarrierLabels
  readable: ReadableSeries
  clock: Clock
  openBook(): Promise<Book>
}

/** What a book holds of an hour of windows. */
interface Hour {
  series: HourSeries
  /** Checksum of what was written, by start of the windows. */
  written: Map<number, number>
}

/** Writes the windows of one partition, one call after the other. */
export class PartitionWriter {
  readonly #partition: number
  readonly #options: PartitionWriterOptions
  #book: Book | undefined
  /** The newest two hours of the book. */
  readonly #hours = new Map<number, Hour>()
  #stampMs = 0
  #tail: Promise<void> = Promise.resolve()

  constructor(partition: number, options: PartitionWriterOptions) {
    this.#partition = partition
    this.#options = options
  }

  /** Resolves once the server has taken all of it. */
  write(batches: readonly WindowBatch[]): Promise<void> {
    const turn = this.#tail.then(() => this.#write(batches))
    this.#tail = turn.catch(() => undefined)
    return turn
  }

  /** The book ends here: what comes next goes into a new one. */
  endBook(): void {
    this.#book = undefined
  }

  async #write(batches: readonly WindowBatch[]): Promise<void> {
    const sent: Promise<void>[] = []
    try {
      for (const batch of batches) {
        // Of any other time nothing can be kept, by no retention.
        if (batch.startMs < EARLIEST_MS || batch.startMs + 2 * WINDOW_MS > LATEST_MS) continue
        for await (const { delivered } of this.#writeBatch(batch)) sent.push(delivered)
      }
      await Promise.all(sent)
    } catch (thrown) {
      // Some of it may have arrived. Samples are never written over, so what is tried next must lie elsewhere.
      this.endBook()
      throw thrown
    }
  }

  /**
   * A batch that this book has with the same content is left as it is; one with other content begins a new book.
   * @returns each piece on its way
   */
  async *#writeBatch(batch: WindowBatch): AsyncIterable<Sent> {
    const { startMs } = batch
    let { book, hour } = await this.#hourOf(startMs)
    let lanes = hour.series.pack(batch)
    const before = hour.written.get(startMs)
    if (before === checksum(lanes)) return
    if (before !== undefined) {
      this.endBook()
      ;({ book, hour } = await this.#hourOf(startMs))
      lanes = hour.series.pack(batch)
    }
    hour.written.set(startMs, checksum(lanes))
    this.#stampMs = Math.max(this.#options.clock(), this.#stampMs + 1)
    for (const { lane, rows, windows, series } of lanes) {
      const place: FramePlace = { partition: this.#partition, lane, book: book.name, stepMs: book.stepMs }
      if (series) yield* this.#sendFrame(SERIES_METRIC, place, startMs, series, 0)
      yield* this.#sendFrame(WINDOWS_METRIC, place, startMs, windows, rows)
    }
    yield* this.#sendReadable(batch)
  }

  async #hourOf(startMs: number): Promise<{ book: Book; hour: Hour }> {
    const hourMs = alignDown(startMs, NUMBERING_MS)
    if (hourMs < Math.max(...this.#hours.keys()) - NUMBERING_MS) this.endBook()
    if (!this.#book) {
      this.#hours.clear()
      this.#book = await this.#options.openBook()
    }
    let hour = this.#hours.get(hourMs)
    if (!hour) {
      hour = { series: new HourSeries(this.#options.zstd), written: new Map() }
      this.#hours.set(hourMs, hour)
      for (const known of this.#hours.keys()) if (known < hourMs - NUMBERING_MS) this.#hours.delete(known)
    }
    return { book: this.#book, hour }
  }

  async *#sendFrame(
    metric: string,
    place: FramePlace,
    startMs: number,
    content: Uint8Array,
    rows: number,
  ): AsyncIterable<Sent> {
    const { sender, labels } = this.#options
    const { stepMs } = place
    const frame = frameOf({ content, stampMs: this.#stampMs })
    const samples = frame.length / SAMPLE_BYTES
    const most = samplesPerStrip(stepMs)
    for (let from = 0, strip = 0; from < samples; from += most, strip++) {
      const to = Math.min(samples, from + most)
      const fill = (request: WriteRequest) =>
        request.addFrame(labels.of(metric, place, strip), frame, from, to, startMs, stepMs)
      yield await sender.add(strip === 0 ? rows : 0, fill)
    }
  }

  async *#sendReadable(batch: WindowBatch): AsyncIterable<Sent> {
    const { readable, sender } = this.#options
    if (!readable.isWanted) return
    for (let from = 0; from < batch.windows.length; from += READABLE_ROWS) {
      const to = Math.min(batch.windows.length, from + READABLE_ROWS)
      yield await sender.add(0, (request) => readable.write(batch, from, to, request))
    }
  }
}

function checksum(lanes: readonly LaneContent[]): number {
  return lanes.reduce((sum, { windows }) => crc32(windows, sum), 0)
}

/** @throws TM_INTERNAL: whoever calls the store broke its contract */
export function checkBatch({ closed, startMs }: WindowBatch): void {
  if (!closed) throw new TidemarkError('TM_INTERNAL', { reason: 'an open window was given to the hot store' })
  if (startMs % WINDOW_MS !== 0) {
    throw new TidemarkError('TM_INTERNAL', { reason: `windows start at ${startMs}, which is not on the grid` })
  }
}
