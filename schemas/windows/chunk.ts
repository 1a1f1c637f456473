import { crc32 } from 'node:zlib'
import type { Series } from '../series/series.js'
import { ByteBuffer, packSketch, unpackSketch } from '../sketch/codec.js'
import { alignUp } from '../time.js'
import { WINDOW_COLUMNS, type WindowBatch, type WindowColumn, type WindowColumns } from './columns.js'

/** Most windows in a chunk. */
export const CHUNK_ROWS = 512

/**
 * A chunk: windows of one start time as bytes, columnar, little-endian. What window stores keep.
 *
 * | bytes | what |
 * |---|---|
 * | 0–3 | magic `TMW1` |
 * | 4, 5, 6–7 | version (1), flags, rows |
 * | 8–15 | start of the windows, ms (double) |
 * | 16–19, 20–23 | bytes of the series' text, of the sketches |
 * | 24–27 | CRC-32 of everything behind the header |
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

/** Forms of a number column: a double a row; one double for all; the same as its reference column; a time as u16 ms after the start. */
const RAW = 0
const CONSTANT = 1
const REFERENCE = 2
const OFFSET = 3

/** With one point a window sum, min, max and first are `last`, and `firstMs` is `lastMs`. */
const REFERENCES: Partial<Record<WindowColumn, WindowColumn>> = {
  sum: 'last',
  min: 'last',
  max: 'last',
  first: 'last',
  firstMs: 'lastMs',
}
const TIMES: ReadonlySet<WindowColumn> = new Set<WindowColumn>(['firstMs', 'lastMs'])

/** A chunk that does not decode; the reader adds where it lay. */
export class DamagedChunk extends Error {}

/** How the row at hand names its series: by id and canonical bytes, or by number. The same object for every row. */
export interface ChunkSeries {
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

/** A batch as self-contained chunks. */
export function encodeChunks(batch: WindowBatch): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let from = 0; from < batch.windows.length; from += CHUNK_ROWS) {
    const length = Math.min(CHUNK_ROWS, batch.windows.length - from)
    chunks.push(encodeChunk(batch, Uint32Array.from({ length }, (_, i) => from + i)))
  }
  return chunks
}

/**
 * Encodes some rows of a batch.
 * @param rows at most {@link CHUNK_ROWS}
 * @param numbers of the rows' series, ascending; without them the chunk carries ids and canonical bytes
 */
export function encodeChunk(batch: WindowBatch, rows: Uint32Array, numbers?: Uint32Array): Uint8Array {
  const { windows, startMs } = batch
  const columns = WINDOW_COLUMNS.map((name, i) => gather(windows[name], rows, scratch[i]))
  const forms = WINDOW_COLUMNS.map((name, i) => chooseForm(name, columns[i], columns[columnAt(REFERENCES[name])], startMs))
  const stale = rows.some((row) => windows.stale[row] !== 0)
  const sketches = packSketches(windows, rows)
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
  header.setUint32(28, forms.reduce((bits, form, c) => bits | (form << (2 * c)), 0), true)
  header.setUint32(24, crc32(bytes.subarray(HEADER_BYTES)), true)
  return bytes
}

/**
 * Adds the windows of a chunk to `into`.
 * @throws DamagedChunk with the reason
 */
export function decodeChunk(source: Uint8Array, resolve: SeriesResolver, into: WindowColumns): ChunkHeader {
  const bytes = source.byteOffset % 8 === 0 ? source : source.slice()
  if (bytes.length < HEADER_BYTES) throw new DamagedChunk(`it has ${bytes.length} bytes, a header alone has ${HEADER_BYTES}`)
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  if (header.getUint32(0, true) !== MAGIC) throw new DamagedChunk('it does not start with TMW1')
  if (header.getUint8(4) !== VERSION) throw new DamagedChunk(`its version is ${header.getUint8(4)}, this reader knows ${VERSION}`)
  const flags = header.getUint8(5)
  const rows = header.getUint16(6, true)
  const startMs = header.getFloat64(8, true)
  const formBits = header.getUint32(28, true)
  const forms = WINDOW_COLUMNS.map((_, c) => (formBits >> (2 * c)) & 3)
  const layout = layOut(rows, flags, forms, header.getUint32(16, true), header.getUint32(20, true))
  if (layout.total !== bytes.length) throw new DamagedChunk(`it has ${bytes.length} bytes, its header says ${layout.total}`)
  if (crc32(bytes.subarray(HEADER_BYTES)) !== header.getUint32(24, true)) throw new DamagedChunk('its checksum does not match')

  const firstRow = into.length
  const kept = placeRows(bytes, layout, flags, rows, startMs, resolve, into)
  if (kept.length > 0) {
    for (let c = 0; c < forms.length; c++) {
      const source = readColumn(bytes, layout, forms, c, rows, startMs)
      const target = into[WINDOW_COLUMNS[c]]
      for (let k = 0; k < kept.length; k++) target[firstRow + k] = source[kept[k]]
    }
    if (flags & STALE) for (let k = 0; k < kept.length; k++) into.stale[firstRow + k] = bytes[layout.stale + kept[k]]
    readSketches(bytes.subarray(layout.sketches), kept, into, firstRow)
  }
  return { startMs, closed: (flags & CLOSED) !== 0, rows }
}

const scratch = WINDOW_COLUMNS.map(() => new Float64Array(CHUNK_ROWS))
const sketchBytes = new ByteBuffer(new Uint8Array(1 << 16))
const oneSketch = new ByteBuffer(new Uint8Array(1 << 12))

function gather(column: Float64Array, rows: Uint32Array, into: Float64Array): Float64Array {
  for (let i = 0; i < rows.length; i++) into[i] = column[rows[i]]
  return into.subarray(0, rows.length)
}

function chooseForm(name: WindowColumn, column: Float64Array, reference: Float64Array | undefined, startMs: number): number {
  if (reference && column.every((value, i) => Object.is(value, reference[i]))) return REFERENCE
  if (column.every((value) => Object.is(value, column[0]))) return CONSTANT
  if (TIMES.has(name) && column.every((value) => isShortOffset(value - startMs))) return OFFSET
  return RAW
}

function isShortOffset(offset: number): boolean {
  return offset >= 0 && offset <= 0xffff && Number.isInteger(offset)
}

function columnAt(name: WindowColumn | undefined): number {
  return name === undefined ? -1 : WINDOW_COLUMNS.indexOf(name)
}

/** Sketches in order of rows, each behind the number of rows without one before it and its length. */
function packSketches(windows: WindowColumns, rows: Uint32Array): Uint8Array {
  sketchBytes.at = 0
  let gap = 0
  for (const row of rows) {
    const sketch = windows.sketch[row]
    if (sketch === undefined) {
      gap++
      continue
    }
    oneSketch.at = 0
    packSketch(sketch, oneSketch)
    sketchBytes.varint(gap)
    sketchBytes.varint(oneSketch.at)
    sketchBytes.append(oneSketch.written())
    gap = 0
  }
  return sketchBytes.written()
}

/** Unpacks the sketches of the rows that are kept and steps over the others. */
function readSketches(bytes: Uint8Array, kept: Int32Array, into: WindowColumns, firstRow: number): void {
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
  const columns = forms.map((form) => take(form === RAW ? rows * 8 : form === CONSTANT ? 8 : form === OFFSET ? rows * 2 : 0))
  const stale = take(flags & STALE ? rows : 0)
  const text = take(textBytes)
  const sketches = at
  return { numbers, ids, ends, columns, stale, text, sketches, total: at + sketchLength }
}

/** Numbers ascend, so their steps are small and alike: the store's compression takes them to almost nothing. */
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

function writeColumn(buffer: ArrayBuffer, at: number, form: number, column: Float64Array, startMs: number): void {
  if (form === RAW) new Float64Array(buffer, at, column.length).set(column)
  else if (form === CONSTANT) new Float64Array(buffer, at, 1)[0] = column.length > 0 ? column[0] : 0
  else if (form === OFFSET) {
    const offsets = new Uint16Array(buffer, at, column.length)
    for (let i = 0; i < column.length; i++) offsets[i] = column[i] - startMs
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
      row.number += numbers[i]
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

function readColumn(bytes: Uint8Array, layout: Layout, forms: readonly number[], c: number, rows: number, startMs: number): Float64Array {
  const at = bytes.byteOffset + layout.columns[c]
  const form = forms[c]
  if (form === RAW) return new Float64Array(bytes.buffer, at, rows)
  if (form === REFERENCE) return readColumn(bytes, layout, forms, columnAt(REFERENCES[WINDOW_COLUMNS[c]]), rows, startMs)
  if (form === CONSTANT) return scratch[c].subarray(0, rows).fill(new Float64Array(bytes.buffer, at, 1)[0])
  const offsets = new Uint16Array(bytes.buffer, at, rows)
  const times = scratch[c].subarray(0, rows)
  for (let i = 0; i < rows; i++) times[i] = startMs + offsets[i]
  return times
}
