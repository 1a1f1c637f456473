/** One column of a structure of arrays. */
type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array

/** A column of `length` elements with the content of `column` at its start, and zeros behind. */
export function widened<T extends Column>(column: T, length: number): T {
  const wider = new (column.constructor as new (length: number) => T)(length)
  wider.set(column)
  return wider
}
