import { MAX_SCHEMA } from './bucket.js'
import { type BucketRun, MAX_BUCKETS, MIN_SCHEMA, Sketch } from './sketch.js'

/**
 * A sketch as bytes: one byte with the schema (low bits) and {@link FRACTIONAL}; the zero count; then the positive and
 * the negative run, each its length and, unless that is 0, its offset (zigzag) and counts.
 *
 * Counts are varints; a 0 is followed by the number of further zeros. Where a count is no whole number (sampled
 * events) all of them are doubles.
 */
const FRACTIONAL = 0x80

/** A sketch that does not decode; whoever reads adds where it lay. */
export class DamagedSketch extends Error {}

/** Bytes that grow as they are written and that are read from the start on. */
export class ByteBuffer {
  bytes: Uint8Array
  /** Where the next byte is written or read. */
  at = 0
  #view: DataView

  constructor(bytes: Uint8Array = new Uint8Array(256)) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** What has been written: a view, to be copied before the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.bytes[this.at++] = value
  }

  /** Writes a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(8)
    if (value < 0x80) {
      this.bytes[this.at++] = value
      return
    }
    while (value >= 0x80) {
      this.bytes[this.at++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.bytes[this.at++] = value
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.at, value, true)
    this.at += 8
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  readByte(): number {
    return this.bytes[this.at++]
  }

  readVarint(): number {
    const first = this.bytes[this.at]
    if (first < 0x80) {
      this.at++
      return first
    }
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes[this.at++]
      value += (byte & 0x7f) * scale
      if (!(byte & 0x80)) return value
    }
  }

  readDouble(): number {
    if (this.at + 8 > this.bytes.length) throw new DamagedSketch('a sketch ends too early')
    this.at += 8
    return this.#view.getFloat64(this.at - 8, true)
  }

  #reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return
    const wider = new Uint8Array(this.bytes.length * 2 + bytes)
    wider.set(this.bytes)
    this.bytes = wider
    this.#view = new DataView(wider.buffer)
  }
}

/** Writes a sketch behind what `out` holds. */
export function packSketch(sketch: Sketch, out: ByteBuffer): void {
  const whole = isWhole(sketch.zeroCount) && allWhole(sketch.positive) && allWhole(sketch.negative)
  out.byte((sketch.schema - MIN_SCHEMA) | (whole ? 0 : FRACTIONAL))
  if (whole) out.varint(sketch.zeroCount)
  else out.double(sketch.zeroCount)
  packRun(sketch.positive, whole, out)
  packRun(sketch.negative, whole, out)
}

/** Reads the sketch that starts at `input.at`. @throws DamagedSketch */
export function unpackSketch(input: ByteBuffer): Sketch {
  const sketch = new Sketch()
  const head = input.readByte()
  const whole = (head & FRACTIONAL) === 0
  sketch.schema = (head & ~FRACTIONAL) + MIN_SCHEMA
  if (sketch.schema > MAX_SCHEMA) throw new DamagedSketch(`a sketch has the schema ${sketch.schema}`)
  sketch.zeroCount = whole ? input.readVarint() : input.readDouble()
  unpackRun(sketch.positive, whole, input)
  unpackRun(sketch.negative, whole, input)
  if (input.at > input.bytes.length) throw new DamagedSketch('a sketch ends too early')
  return sketch
}

function packRun(run: BucketRun, whole: boolean, out: ByteBuffer): void {
  out.varint(run.length)
  if (run.length === 0) return
  out.varint(run.offset < 0 ? -2 * run.offset - 1 : 2 * run.offset)
  const { counts, length } = run
  for (let i = 0; i < length; i++) {
    const count = counts[i]
    if (!whole) {
      out.double(count)
      continue
    }
    out.varint(count)
    if (count !== 0) continue
    const first = i
    while (i + 1 < length && counts[i + 1] === 0) i++
    out.varint(i - first)
  }
}

function unpackRun(run: BucketRun, whole: boolean, input: ByteBuffer): void {
  const length = input.readVarint()
  if (length === 0) return
  if (length > MAX_BUCKETS) throw new DamagedSketch(`a sketch has ${length} buckets, the limit is ${MAX_BUCKETS}`)
  const folded = input.readVarint()
  run.offset = folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2
  run.length = length
  const counts = new Float64Array(length)
  run.counts = counts
  for (let i = 0; i < length; i++) {
    const count = whole ? input.readVarint() : input.readDouble()
    if (!(count >= 0)) throw new DamagedSketch(`a sketch counts ${count}`)
    counts[i] = count
    if (whole && count === 0) i += input.readVarint()
  }
}

function allWhole({ counts, length }: BucketRun): boolean {
  for (let i = 0; i < length; i++) if (!isWhole(counts[i])) return false
  return true
}

function isWhole(count: number): boolean {
  return count >= 0 && count <= Number.MAX_SAFE_INTEGER && Math.floor(count) === count
}
