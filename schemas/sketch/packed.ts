import { ByteBuffer, packSketch } from './codec.js'
import type { Sketch } from './sketch.js'

/** Sketches of rows as bytes: that of row i lies from `ends[i - 1]` (0 for the first) to `ends[i]`, nothing where there is none. */
export interface PackedSketches {
  bytes: Uint8Array
  ends: Uint32Array
}

/** Packs the sketches of so many rows. */
export function packSketches(sketches: readonly (Sketch | undefined)[], rows: number): PackedSketches {
  const out = new ByteBuffer(new Uint8Array(1 << 12))
  const ends = new Uint32Array(rows)
  for (let row = 0; row < rows; row++) {
    const sketch = sketches[row]
    if (sketch) packSketch(sketch, out)
    ends[row] = out.at
  }
  return { bytes: out.written(), ends }
}

/** The sketch of a row: a view, empty where there is none. */
export function packedSketch({ bytes, ends }: PackedSketches, row: number): Uint8Array {
  return bytes.subarray(row === 0 ? 0 : ends[row - 1], ends[row])
}
