import { WINDOW_COLUMNS, type WindowColumn, type WindowColumns } from './columns.js'

/** Most windows in a chunk. */
export const CHUNK_ROWS = 512

/**
 * Form of a number column in a chunk: a double a row; one double for all; the same as its reference column, so nothing;
 * or times as u16 ms after the start of the windows.
 */
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
/** For each column the place of its reference, or -1. */
const REFERENCE_OF = WINDOW_COLUMNS.map((name) => WINDOW_COLUMNS.indexOf(REFERENCES[name] ?? name)).map((at, c) =>
  at === c ? -1 : at,
)
const IS_TIME = WINDOW_COLUMNS.map((name) => name === 'firstMs' || name === 'lastMs')

const scratch = WINDOW_COLUMNS.map(() => new Float64Array(CHUNK_ROWS))

/** The rows' number columns, in order of WINDOW_COLUMNS. Valid until the next call. */
export function gatherColumns(windows: WindowColumns, rows: Uint32Array): Float64Array[] {
  return WINDOW_COLUMNS.map((name, c) => {
    const from = windows[name]
    const column = scratch[c]
    for (let i = 0; i < rows.length; i++) column[i] = from[rows[i]]
    return column.subarray(0, rows.length)
  })
}

/** The shortest form of each column. */
export function chooseForms(columns: readonly Float64Array[], startMs: number): number[] {
  return columns.map((column, c) => {
    if (REFERENCE_OF[c] >= 0 && isSame(column, columns[REFERENCE_OF[c]])) return REFERENCE
    if (isConstant(column)) return CONSTANT
    return IS_TIME[c] && isShortAfter(column, startMs) ? OFFSET : RAW
  })
}

/** True if each column of these forms can be read: some have no reference. */
export function areForms(forms: readonly number[]): boolean {
  return forms.every((form, c) => form !== REFERENCE || REFERENCE_OF[c] >= 0)
}

/** Bytes of a column. */
export function columnBytes(form: number, rows: number): number {
  return form === RAW ? rows * 8 : form === CONSTANT ? 8 : form === OFFSET ? rows * 2 : 0
}

/** Writes a column at its place. */
export function writeColumn(
  buffer: ArrayBuffer,
  at: number,
  form: number,
  column: Float64Array,
  startMs: number,
): void {
  if (form === RAW) new Float64Array(buffer, at, column.length).set(column)
  else if (form === CONSTANT) new Float64Array(buffer, at, 1)[0] = column.length > 0 ? column[0] : 0
  else if (form === OFFSET) {
    const offsets = new Uint16Array(buffer, at, column.length)
    for (let i = 0; i < column.length; i++) offsets[i] = column[i] - startMs
  }
}

/**
 * Reads column `c`. Valid until the next call.
 * @param places where each column starts, from the start of `bytes`
 */
export function readColumn(
  bytes: Uint8Array,
  places: readonly number[],
  forms: readonly number[],
  c: number,
  rows: number,
  startMs: number,
): Float64Array {
  const at = bytes.byteOffset + places[c]
  const form = forms[c]
  if (form === RAW) return new Float64Array(bytes.buffer, at, rows)
  if (form === REFERENCE) return readColumn(bytes, places, forms, REFERENCE_OF[c], rows, startMs)
  const column = scratch[c].subarray(0, rows)
  if (form === CONSTANT) return column.fill(new Float64Array(bytes.buffer, at, 1)[0])
  const offsets = new Uint16Array(bytes.buffer, at, rows)
  for (let i = 0; i < rows; i++) column[i] = startMs + offsets[i]
  return column
}

function isSame(column: Float64Array, other: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) if (!Object.is(column[i], other[i])) return false
  return true
}

function isConstant(column: Float64Array): boolean {
  for (let i = 1; i < column.length; i++) if (!Object.is(column[i], column[0])) return false
  return true
}

function isShortAfter(column: Float64Array, startMs: number): boolean {
  for (let i = 0; i < column.length; i++) {
    const offset = column[i] - startMs
    if (!(offset >= 0 && offset <= 0xffff && Math.floor(offset) === offset)) return false
  }
  return true
}
