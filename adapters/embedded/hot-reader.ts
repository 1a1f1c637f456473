import { TidemarkError } from '../../schemas/errors.js'
import type { TimeRange } from '../../schemas/time.js'
import { decodeChunk, type SeriesResolver } from '../../schemas/windows/chunk.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { Table } from './environment.js'
import { batchKey, chunksOf, readBatchKey, readDirectory } from './hot-layout.js'
import type { NumberedSeries, SeriesSelection } from './numbered-series.js'
import { slicedWindows } from './sliced-windows.js'

/** Keys that are fetched at a time. */
const PAGE_KEYS = 512

/** The tables that windows are read from. */
export interface HotTables {
  batches: Table
  chunks: Table
}

/** Reads the selected series' windows that start in the range. Others have their turn in between. */
export async function* readHotWindows(
  tables: HotTables,
  series: NumberedSeries,
  { wanted, count, metrics }: SeriesSelection,
  range: TimeRange,
): AsyncIterable<WindowColumns> {
  if (count === 0) return
  const resolve: SeriesResolver = ({ number }) => (wanted[number] === 1 ? series.at(number) : undefined)
  yield* slicedWindows(chunksBetween(tables, metrics, range), ([key, chunk], into) =>
    decodeAt(key, chunk, resolve, into),
  )
}

/** The chunks that may hold the metrics, each with its batch's key. */
function* chunksBetween(tables: HotTables, metrics: Uint32Array, range: TimeRange): Iterable<[Buffer, Buffer]> {
  for (const key of keysBetween(tables.batches, range)) {
    for (const chunk of openChunks(tables, key, metrics)) yield [key, chunk]
  }
}

/** Keys of the batches that start in the range, a page at a time, so that no cursor outlives its turn. */
function* keysBetween(batches: Table, { startMs, endMs }: TimeRange): Iterable<Buffer> {
  let start = batchKey(startMs)
  const end = batchKey(endMs)
  for (let skip = 0; ; skip = 1) {
    const page = [...batches.getKeys({ start, end, limit: PAGE_KEYS })].slice(skip)
    if (page.length === 0) return
    yield* page
    start = page[page.length - 1]
  }
}

/** The chunks of a batch that may hold the metrics, read at once so that they belong together. */
function openChunks({ batches, chunks }: HotTables, key: Buffer, metrics: Uint32Array): Buffer[] {
  const directory = batches.getBinary(key)
  if (!directory) return []
  const { startMs, partition } = readBatchKey(key)
  return chunksOf(readDirectory(directory), metrics).flatMap(
    (i) => chunks.getBinary(batchKey(startMs, partition, i)) ?? [],
  )
}

function decodeAt(key: Buffer, chunk: Buffer, resolve: SeriesResolver, into: WindowColumns): void {
  try {
    decodeChunk(chunk, resolve, into)
  } catch (cause) {
    const { startMs, partition } = readBatchKey(key)
    const where = `windows of ${new Date(startMs).toISOString()}, partition ${partition}`
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason: `the ${where} are damaged: ${reason}` }, cause)
  }
}
