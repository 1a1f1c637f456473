import { SAMPLE_BYTES } from './layout.js'

/** Field numbers and wire types of remote write 1.0 (prometheus/prompb: WriteRequest, TimeSeries, Sample, Label). */
const TIME_SERIES = 0x0a
const SAMPLES = 0x12
const VALUE = 0x09
const TIMESTAMP = 0x10

/** Bytes of a sample: its tag and length, a double and a time of six bytes, each with its tag. */
const SAMPLE_LENGTH = 2 + 1 + 8 + 1 + 6
/** Times that take six bytes: from 1971 to 2109. */
export const EARLIEST_MS = 2 ** 35
export const LATEST_MS = 2 ** 42 - 1

/** A time is written as so many low bits, and the high ones. */
const LOW = 2 ** 28
const NO_LABELS = new Uint8Array(0)

/** The body of a remote-write request while it is being filled. Grows; is used again after {@link clear}. */
export class WriteRequest {
  #bytes = Buffer.allocUnsafe(1 << 16)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was written: a view, valid until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  /**
   * One sample of a series.
   * @param name its name, as label-bytes.ts encodes it
   * @param rest its other labels
   * @param timeMs from {@link EARLIEST_MS} to {@link LATEST_MS}
   * @param value eight bytes, little-endian: a staleness marker must keep its bits
   */
  addSample(name: Uint8Array, rest: Uint8Array, timeMs: number, value: Uint8Array): void {
    this.#begin(name, rest, 1)
    this.#sampleHead()
    for (let i = 0; i < 8; i++) this.#bytes[this.#length++] = value[i]
    this.#time(timeMs % LOW, Math.floor(timeMs / LOW))
  }

  /**
   * The samples `from` to `to` of a frame, the first of them at `startMs`.
   * @param labels as label-bytes.ts encodes them
   */
  addFrame(labels: Uint8Array, frame: Uint8Array, from: number, to: number, startMs: number, stepMs: number): void {
    this.#begin(labels, NO_LABELS, to - from)
    const target = this.#bytes
    let low = startMs % LOW
    let high = Math.floor(startMs / LOW)
    for (let sample = from; sample < to; sample++) {
      this.#sampleHead()
      const at = sample * SAMPLE_BYTES
      const carried =
        (frame[at] | (frame[at + 1] << 8) | (frame[at + 2] << 16)) +
        frame[at + 3] * 2 ** 24 +
        (frame[at + 4] | (frame[at + 5] << 8)) * 2 ** 32
      target.writeDoubleLE(carried, this.#length)
      this.#length += 8
      this.#time(low, high)
      low += stepMs
      if (low >= LOW) {
        low -= LOW
        high++
      }
    }
  }

  #begin(labels: Uint8Array, more: Uint8Array, samples: number): void {
    const length = samples * SAMPLE_LENGTH + labels.length + more.length
    this.#reserve(length + 8)
    this.#bytes[this.#length++] = TIME_SERIES
    let rest = length
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80
    this.#bytes[this.#length++] = rest
    this.#bytes.set(labels, this.#length)
    this.#length += labels.length
    if (more.length > 0) this.#bytes.set(more, this.#length)
    this.#length += more.length
  }

  #sampleHead(): void {
    this.#bytes[this.#length++] = SAMPLES
    this.#bytes[this.#length++] = SAMPLE_LENGTH - 2
    this.#bytes[this.#length++] = VALUE
  }

  /** A varint of four times seven low bits and twice seven high ones. */
  #time(low: number, high: number): void {
    const bytes = this.#bytes
    bytes[this.#length++] = TIMESTAMP
    bytes[this.#length++] = (low & 0x7f) | 0x80
    bytes[this.#length++] = ((low >>> 7) & 0x7f) | 0x80
    bytes[this.#length++] = ((low >>> 14) & 0x7f) | 0x80
    bytes[this.#length++] = ((low >>> 21) & 0x7f) | 0x80
    bytes[this.#length++] = (high & 0x7f) | 0x80
    bytes[this.#length++] = high >>> 7
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(this.#length + more, this.#bytes.length * 2))
    wider.set(this.written())
    this.#bytes = wider
  }
}
