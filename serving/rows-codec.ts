import type { WindowRows } from '../schemas/ports/series-source.js'
import { Series } from '../schemas/series/series.js'
import { ByteBuffer, packSketch, unpackSketch } from '../schemas/sketch/codec.js'
import type { Sketch } from '../schemas/sketch/sketch.js'
import { ROW_COLUMNS, type RowColumn, rowsOf, type SeriesRows } from './rows.js'

/**
 * Rows of many series as bytes for the cache: count, then for each series six words (id, lengths of the canonical form,
 * the rows and the sketches, form) and the canonical form, the columns and the sketches, one after the other. Sketches
 * stand behind the number of rows without one before them. Little-endian.
 *
 * The form tells what rows are (2 bits), whether there are sketches, and then a bit for each column that is not empty.
 */
const HEAD_BYTES = 24
const KINDS = [undefined, 'sample', 'event'] as const
const KIND_MASK = 3
const SKETCHES = 4
const COLUMN_SHIFT = 3

/** @returns undefined if that takes more than `limit` bytes */
export function encodeRows(all: readonly SeriesRows[], limit = Number.POSITIVE_INFINITY): Uint8Array | undefined {
  let bytes = 4
  for (const rows of all) bytes += HEAD_BYTES + rows.series.canonical.length + rowBytes(rows) * rows.timeMs.length
  if (bytes > limit) return undefined
  const sketches = all.map(({ windows }) => packSketches(windows?.sketch))
  for (const packed of sketches) bytes += packed.length
  if (bytes > limit) return undefined
  const out = Buffer.alloc(bytes)
  let at = out.writeUInt32LE(all.length, 0)
  for (const [i, { series, timeMs, value, stale, windows }] of all.entries()) {
    const form = formOf(windows)
    const head = [series.idLow, series.idHigh, series.canonical.length, timeMs.length, sketches[i].length, form]
    for (const word of head) at = out.writeUInt32LE(word, at)
    const numbers = windows ? ROW_COLUMNS.map((name) => windows[name]) : []
    for (const column of [series.canonical, timeMs, value, ...numbers, stale, sketches[i]]) {
      out.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
      at += column.byteLength
    }
  }
  return out
}

/** What {@link encodeRows} wrote. */
export function decodeRows(bytes: Uint8Array): SeriesRows[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 4
  const word = () => {
    at += 4
    return view.getUint32(at - 4, true)
  }
  /** A copy, so that the columns are aligned and the cache's bytes are nobody else's. */
  const take = (length: number) => {
    at += length
    return Uint8Array.from(bytes.subarray(at - length, at))
  }
  return Array.from({ length: view.getUint32(0, true) }, () => {
    const [idLow, idHigh, canonicalBytes, length, sketchBytes, form] = [word(), word(), word(), word(), word(), word()]
    const series = Series.known(take(canonicalBytes), idLow, idHigh)
    const column = () => new Float64Array(take(length * 8).buffer)
    const rows: SeriesRows = { series, timeMs: column(), value: column(), stale: new Uint8Array(0) }
    const kind = KINDS[form & KIND_MASK]
    const isKept = (name: RowColumn) => (form & columnBit(name)) !== 0
    if (kind) rows.windows = rowsOf(kind, (name) => (isKept(name) ? column() : new Float64Array(0)))
    rows.stale = take(length)
    const packed = take(sketchBytes)
    if (rows.windows && (form & SKETCHES) !== 0) rows.windows.sketch = unpackSketches(packed, length)
    return rows
  })
}

/** Bytes of one row, its sketch aside. */
export function rowBytes({ windows }: SeriesRows): number {
  return 17 + (windows ? 8 * ROW_COLUMNS.filter((name) => windows[name].length > 0).length : 0)
}

function columnBit(name: RowColumn): number {
  return 1 << (COLUMN_SHIFT + ROW_COLUMNS.indexOf(name))
}

function formOf(windows: WindowRows | undefined): number {
  if (!windows) return 0
  const kept = ROW_COLUMNS.filter((name) => windows[name].length > 0)
  return kept.reduce(
    (form, name) => form | columnBit(name),
    KINDS.indexOf(windows.kind) | (windows.sketch ? SKETCHES : 0),
  )
}

function packSketches(sketches: WindowRows['sketch']): Uint8Array {
  if (!sketches) return new Uint8Array(0)
  const out = new ByteBuffer()
  let gap = 0
  for (const sketch of sketches) {
    if (sketch) {
      out.varint(gap)
      packSketch(sketch, out)
      gap = 0
    } else gap++
  }
  return out.written()
}

function unpackSketches(bytes: Uint8Array, rows: number): (Sketch | undefined)[] {
  const sketches: (Sketch | undefined)[] = new Array(rows).fill(undefined)
  const input = new ByteBuffer(bytes)
  for (let row = -1; input.at < bytes.length; ) {
    row += input.readVarint() + 1
    sketches[row] = unpackSketch(input)
  }
  return sketches
}
