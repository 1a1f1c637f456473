import { TidemarkError } from '../../schemas/errors.js'
import type { HotStore, WindowSelection } from '../../schemas/ports/window-store.js'
import { Series } from '../../schemas/series/series.js'
import type { WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { commitOrExplain, type Environment, openEnvironment, type Table } from './environment.js'
import { GroupCommit } from './group-commit.js'
import { batchKey, directoryBytes, layOutBatch, readBatchKey, readDirectory } from './hot-layout.js'
import { readHotWindows } from './hot-reader.js'
import { NumberedSeries } from './numbered-series.js'

/** Keys removed by one transaction of a trim. */
const TRIM_STEP = 512

/**
 * The hot store in one lmdb environment: chunks by start and partition, and the series they refer to by number.
 * A series is never forgotten while the process runs or after: a store that sees endless new series grows by some
 * 250 bytes each.
 */
export class EmbeddedHotStore implements HotStore {
  readonly visibleAfterMs = 0
  /** By the numbers that its chunks name them by. Grows; is never numbered anew. */
  readonly numbered = new NumberedSeries()
  readonly #environment: Environment
  readonly #batches: Table
  readonly #chunks: Table
  readonly #seriesTable: Table
  readonly #writer: GroupCommit
  /** Series below this number are in the table, or in the transaction under way. */
  #stored = 0
  /** Series below this number are durable. */
  #durable = 0
  #closed = false

  /** @param folder of its own; created if missing */
  constructor(folder: string) {
    this.#environment = openEnvironment(folder, true)
    this.#batches = this.#environment.table('batches')
    this.#chunks = this.#environment.table('chunks')
    this.#seriesTable = this.#environment.table('series')
    this.#writer = new GroupCommit(this.#environment.root, () => {
      this.#stored = this.#durable
    })
    this.#loadSeries()
  }

  async write(batches: readonly WindowBatch[]): Promise<void> {
    for (const batch of batches) {
      if (!batch.closed) throw new TidemarkError('TM_INTERNAL', { reason: 'an open window was given to the hot store' })
    }
    const laidOut = batches.map((batch) => ({ batch, ...layOutBatch(batch, this.numbered) }))
    const bytes = laidOut.reduce((total, { chunks }) => total + chunks.reduce((sum, chunk) => sum + chunk.length, 0), 0)
    let stored = 0
    await this.#commit(bytes, () => {
      stored = this.#storeSeries()
      for (const { batch, directory, chunks } of laidOut) this.#store(batch, directory, chunks)
    })
    this.#durable = Math.max(this.#durable, stored)
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    const tables = { batches: this.#batches, chunks: this.#chunks }
    yield* readHotWindows(tables, this.numbered, this.numbered.select(selection.matchers, selection), selection)
  }

  /** Series that were stored before this process started may be named for any time before its start. */
  async series(selection: WindowSelection): Promise<Series[]> {
    return this.numbered.within(selection.matchers, selection)
  }

  async trim(beforeMs: number): Promise<void> {
    // Directories first: without one, chunks are no more than waste.
    for (const table of [this.#batches, this.#chunks]) {
      for (let removed = TRIM_STEP; removed === TRIM_STEP && !this.#closed; ) {
        const keys = [...table.getKeys({ end: batchKey(beforeMs), limit: TRIM_STEP })]
        if (keys.length > 0) {
          await this.#commit(0, () => {
            for (const key of keys) void table.remove(key)
          })
        }
        removed = keys.length
      }
    }
  }

  /** Frees what a reading process that was killed held on to: old pages would never be used again. */
  forgetDeadReaders(): void {
    this.#environment.root.readerCheck()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#writer.rest()
    await this.#environment.root.close()
  }

  #store(batch: WindowBatch, directory: Uint32Array, chunks: readonly Uint8Array[]): void {
    const { startMs, partition } = batch
    const key = batchKey(startMs, partition)
    const before = this.#batches.getBinary(key)
    const chunksBefore = before ? readDirectory(before).length / 2 : 0
    chunks.forEach((chunk, i) => void this.#chunks.put(batchKey(startMs, partition, i), asBuffer(chunk)))
    for (let i = chunks.length; i < chunksBefore; i++) void this.#chunks.remove(batchKey(startMs, partition, i))
    if (chunks.length > 0) void this.#batches.put(key, directoryBytes(directory))
    else if (before) void this.#batches.remove(key)
  }

  /** Puts the series that the table lacks. @returns the number below which it has them all */
  #storeSeries(): number {
    for (; this.#stored < this.numbered.size; this.#stored++) {
      const { canonical, idLow, idHigh } = this.numbered.at(this.#stored)
      const value = Buffer.allocUnsafe(8 + canonical.length)
      value.writeUInt32LE(idLow, 0)
      value.writeUInt32LE(idHigh, 4)
      value.set(canonical, 8)
      void this.#seriesTable.put(seriesKey(this.#stored), value)
    }
    return this.#stored
  }

  #loadSeries(): void {
    let lastMs = Number.NEGATIVE_INFINITY
    for (const key of this.#batches.getKeys({ reverse: true, limit: 1 })) lastMs = readBatchKey(key).startMs
    for (let number = 0; ; number++) {
      const value = this.#seriesTable.getBinary(seriesKey(number))
      if (!value) break
      this.numbered.add(Series.known(new Uint8Array(value.subarray(8)), value.readUInt32LE(0), value.readUInt32LE(4)))
      this.numbered.seen(number, Number.NEGATIVE_INFINITY)
      this.numbered.seen(number, lastMs)
    }
    this.#stored = this.numbered.size
    this.#durable = this.#stored
  }

  async #commit(bytes: number, write: () => void): Promise<void> {
    if (this.#closed) throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason: 'it is closed' })
    await commitOrExplain(this.#environment, 'TM_HOTSTORE_UNAVAILABLE', () => this.#writer.submit(bytes, write))
  }
}

function seriesKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(number)
  return key
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
