import { crc32 } from 'node:zlib'
import { aligned } from '../aligned.js'
import type { Series } from '../series/series.js'
import { ByteBuffer, DamagedSketch, packSketch, unpackSketch } from '../sketch/codec.js'
import { packedSketch } from '../sketch/packed.js'
import type { Sketch } from '../sketch/sketch.js'
import { alignUp } from '../time.js'
import {
  areForms,
  CHUNK_ROWS,
  chooseForms,
  columnBytes,
  gatherColumns,
  readColumn,
  writeColumn,
} from './chunk-columns.js'
import { WINDOW_COLUMNS, type WindowBatch, type WindowColumns } from './columns.js'

/**
 * A chunk: windows of one start time as bytes, columnar, little-endian. What window stores keep.
 *
 * | bytes | what |
 * |---|---|
 * | 0–3 | magic `TMW1` |
 * | 4, 5, 6–7 | version (1), flags, rows |
 * | 8–15 | start of the windows, ms (double) |
 * | 16–19, 20–23 | bytes of the series' text, of the sketches |
 * | 24–27 | CRC-32 of everything else |
 * | 28–31 | form of each number column, 2 bits each in order of WINDOW_COLUMNS |
 * | 32– | series: ids (8 a row) and end of each one's canonical bytes (4), or steps of the numbers (4); number columns; stale flags (1, flag 4); text; sketches |
 *
 * Every column starts at a multiple of 8. A chunk names its series by id with their canonical bytes, or, within a
 * store that keeps its series elsewhere, by that store's numbers (flag 2).
 */
const MAGIC = 0x31574d54
const VERSION = 1
const HEADER_BYTES = 32
const CLOSED = 1
const NUMBERED = 2
const STALE = 4

/** A chunk that does not decode; the reader adds where it lay. */
export class DamagedChunk extends Error {}

/** How the row at hand names its series: by id and canonical bytes, or by number. The same object for every row. */
interface ChunkSeries {
  idLow: number
  idHigh: number
  number: number
  /** Canonical bytes: a view, to be copied if kept. Empty in a chunk with numbers. */
  canonical(): Uint8Array
}

/** The series of a row; undefined leaves the row out. */
export type SeriesResolver = (row: ChunkSeries) => Series | undefined

/** What a chunk's header says. */
export interface ChunkHeader {
  startMs: number
  closed: boolean
  rows: number
}

/** Bytes of series in one self-contained chunk: a record of Kafka has room for it, with its sketches. */
const SERIES_BYTES = 4 << 20

/** A batch as self-contained chunks. */
export function encodeChunks(batch: WindowBatch): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let from = 0; from < batch.windows.length; ) {
    const length = rowsOfChunk(batch, from)
    const rows = Uint32Array.from({ length }, (_, i) => from + i)
    chunks.push(encodeChunk(batch, rows))
    from += length
  }
  return chunks
}

function rowsOfChunk({ windows }: WindowBatch, from: number): number {
  const most = Math.min(CHUNK_ROWS, windows.length - from)
  let bytes = 0
  for (let rows = 0; rows < most; rows++) {
    bytes += windows.series[from + rows].canonical.length
    if (bytes >= SERIES_BYTES) return rows + 1
  }
  return most
}

/**
 * Encodes some rows of a batch.
 * @param rows at most {@link CHUNK_ROWS}
 * @param numbers of the rows' series, in ascending runs to be small; without them the chunk carries ids and canonical bytes
 */
export function encodeChunk(batch: WindowBatch, rows: Uint32Array, numbers?: Uint32Array): Uint8Array {
  const { windows, startMs } = batch
  const columns = gatherColumns(windows, rows)
  const forms = chooseForms(columns, startMs)
  const stale = rows.some((row) => windows.stale[row] !== 0)
  const sketches = sketchesOf(batch, rows)
  const flags = (batch.closed ? CLOSED : 0) | (numbers ? NUMBERED : 0) | (stale ? STALE : 0)
  let textBytes = 0
  if (!numbers) for (const row of rows) textBytes += windows.series[row].canonical.length
  const layout = layOut(rows.length, flags, forms, textBytes, sketches.length)

  const bytes = new Uint8Array(layout.total)
  const { buffer } = bytes
  if (numbers) writeNumbers(new Uint32Array(buffer, layout.numbers, rows.length), numbers)
  else writeSeries(bytes, layout, windows, rows)
  for (let c = 0; c < columns.length; c++) writeColumn(buffer, layout.columns[c], forms[c], columns[c], startMs)
  if (stale) for (let i = 0; i < rows.length; i++) bytes[layout.stale + i] = windows.stale[rows[i]]
  bytes.set(sketches, layout.sketches)

  const header = new DataView(buffer)
  header.setUint32(0, MAGIC, true)
  header.setUint8(4, VERSION)
  header.setUint8(5, flags)
  header.setUint16(6, rows.length, true)
  header.setFloat64(8, startMs, true)
  header.setUint32(16, textBytes, true)
  header.setUint32(20, sketches.length, true)
  header.setUint32(
    28,
    forms.reduce((bits, form, c) => bits | (form << (2 * c)), 0),
    true,
  )
  header.setUint32(24, checksum(bytes), true)
  return bytes
}

/**
 * Adds the windows of a chunk to `into`.
 * @throws DamagedChunk with the reason
 */
export function decodeChunk(source: Uint8Array, resolve: SeriesResolver, into: WindowColumns): ChunkHeader {
  const bytes = aligned(source)
  if (bytes.length < HEADER_BYTES)
    throw new DamagedChunk(`it has ${bytes.length} bytes, a header alone has ${HEADER_BYTES}`)
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  if (header.getUint32(0, true) !== MAGIC) throw new DamagedChunk('it does not start with TMW1')
  if (header.getUint8(4) !== VERSION)
    throw new DamagedChunk(`its version is ${header.getUint8(4)}, this reader knows ${VERSION}`)
  const flags = header.getUint8(5)
  const rows = header.getUint16(6, true)
  const startMs = header.getFloat64(8, true)
  const formBits = header.getUint32(28, true)
  const forms = WINDOW_COLUMNS.map((_, c) => (formBits >> (2 * c)) & 3)
  if (rows > CHUNK_ROWS || !areForms(forms)) throw new DamagedChunk('its rows or columns are none that are written')
  const layout = layOut(rows, flags, forms, header.getUint32(16, true), header.getUint32(20, true))
  if (layout.total !== bytes.length)
    throw new DamagedChunk(`it has ${bytes.length} bytes, its header says ${layout.total}`)
  if (checksum(bytes) !== header.getUint32(24, true)) throw new DamagedChunk('its checksum does not match')

  const firstRow = into.length
  const kept = placeRows(bytes, layout, flags, rows, startMs, resolve, into)
  if (kept.length > 0) {
    for (let c = 0; c < forms.length; c++) {
      const source = readColumn(bytes, layout.columns, forms, c, rows, startMs)
      const target = into[WINDOW_COLUMNS[c]]
      for (let k = 0; k < kept.length; k++) target[firstRow + k] = source[kept[k]]
    }
    if (flags & STALE) for (let k = 0; k < kept.length; k++) into.stale[firstRow + k] = bytes[layout.stale + kept[k]]
    readSketches(bytes.subarray(layout.sketches), kept, into, firstRow)
  }
  return { startMs, closed: (flags & CLOSED) !== 0, rows }
}

const sketchBytes = new ByteBuffer(new Uint8Array(1 << 16))
const oneSketch = new ByteBuffer(new Uint8Array(1 << 12))

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(28), crc32(bytes.subarray(0, 24)))
}

/** Sketches in order of rows, each behind the number of rows without one before it and its length. */
function sketchesOf({ windows, sketches }: WindowBatch, rows: Uint32Array): Uint8Array {
  sketchBytes.at = 0
  let gap = 0
  for (const row of rows) {
    const sketch = windows.sketch[row]
    if (sketch === undefined) {
      gap++
      continue
    }
    const packed = sketches ? packedSketch(sketches, row) : packOne(sketch)
    sketchBytes.varint(gap)
    sketchBytes.varint(packed.length)
    sketchBytes.append(packed)
    gap = 0
  }
  return sketchBytes.written()
}

/** Valid until the next call. */
function packOne(sketch: Sketch): Uint8Array {
  oneSketch.at = 0
  packSketch(sketch, oneSketch)
  return oneSketch.written()
}

/** Unpacks the sketches of the rows that are kept and steps over the others. @throws DamagedChunk */
function readSketches(bytes: Uint8Array, kept: Int32Array, into: WindowColumns, firstRow: number): void {
  try {
    unpackSketches(bytes, kept, into, firstRow)
  } catch (error) {
    throw error instanceof DamagedSketch ? new DamagedChunk(error.message, { cause: error }) : error
  }
}

function unpackSketches(bytes: Uint8Array, kept: Int32Array, into: WindowColumns, firstRow: number): void {
  const input = new ByteBuffer(bytes)
  let k = 0
  for (let row = -1; input.at < bytes.length; ) {
    row += input.readVarint() + 1
    const end = input.readVarint() + input.at
    while (k < kept.length && kept[k] < row) k++
    if (k === kept.length) return
    if (kept[k] === row) into.sketch[firstRow + k] = unpackSketch(input)
    input.at = end
  }
}

type Layout = ReturnType<typeof layOut>

function layOut(rows: number, flags: number, forms: readonly number[], textBytes: number, sketchLength: number) {
  let at = HEADER_BYTES
  const take = (bytes: number): number => {
    const start = at
    at = alignUp(at + bytes, 8)
    return start
  }
  const numbered = (flags & NUMBERED) !== 0
  const numbers = take(numbered ? rows * 4 : 0)
  const ids = take(numbered ? 0 : rows * 8)
  const ends = take(numbered ? 0 : rows * 4)
  const columns = forms.map((form) => take(columnBytes(form, rows)))
  const stale = take(flags & STALE ? rows : 0)
  const text = take(textBytes)
  const sketches = at
  return { numbers, ids, ends, columns, stale, text, sketches, total: at + sketchLength }
}

/** Numbers come in ascending runs, so their steps (modulo 2^32) are alike and the store's compression takes them to almost nothing. */
function writeNumbers(steps: Uint32Array, numbers: Uint32Array): void {
  for (let i = 0; i < numbers.length; i++) steps[i] = numbers[i] - (i === 0 ? 0 : numbers[i - 1])
}

function writeSeries(bytes: Uint8Array, layout: Layout, windows: WindowColumns, rows: Uint32Array): void {
  const ids = new Uint32Array(bytes.buffer, layout.ids, rows.length * 2)
  const ends = new Uint32Array(bytes.buffer, layout.ends, rows.length)
  let end = 0
  for (let i = 0; i < rows.length; i++) {
    const { canonical, idLow, idHigh } = windows.series[rows[i]]
    ids[2 * i] = idLow
    ids[2 * i + 1] = idHigh
    bytes.set(canonical, layout.text + end)
    end += canonical.length
    ends[i] = end
  }
}

/** Finds each row's series and makes room for it at the end of `into`. @returns the rows of the chunk that are kept */
function placeRows(
  bytes: Uint8Array,
  layout: Layout,
  flags: number,
  rows: number,
  startMs: number,
  resolve: SeriesResolver,
  into: WindowColumns,
): Int32Array {
  const { buffer, byteOffset } = bytes
  const numbered = (flags & NUMBERED) !== 0
  const numbers = new Uint32Array(buffer, byteOffset + layout.numbers, numbered ? rows : 0)
  const ids = new Uint32Array(buffer, byteOffset + layout.ids, numbered ? 0 : rows * 2)
  const ends = new Uint32Array(buffer, byteOffset + layout.ends, numbered ? 0 : rows)
  const kept = new Int32Array(rows)
  let keeping = 0
  let i = 0
  const canonical = () => bytes.subarray(layout.text + (i === 0 ? 0 : ends[i - 1]), layout.text + (ends[i] ?? 0))
  const row: ChunkSeries = { idLow: 0, idHigh: 0, number: 0, canonical }
  for (; i < rows; i++) {
    if (numbered) {
      row.number = (row.number + numbers[i]) >>> 0
    } else {
      row.idLow = ids[2 * i]
      row.idHigh = ids[2 * i + 1]
    }
    const series = resolve(row)
    if (series === undefined) continue
    into.push(series, startMs)
    kept[keeping++] = i
  }
  return kept.subarray(0, keeping)
}
