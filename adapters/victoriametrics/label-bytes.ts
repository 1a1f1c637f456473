import type { Label, Series } from '../../schemas/series/series.js'

/** Field numbers and wire types of remote write 1.0: TimeSeries.labels, Label.name, Label.value. */
const LABELS = 0x0a
const NAME = 0x0a
const VALUE = 0x12

const METRIC_NAME = Buffer.from('__name__')

/** Labels as they stand in a remote-write series. */
export function encodeLabels(labels: readonly Label[]): Uint8Array {
  const bytes = new LabelBytes()
  for (const [name, value] of labels) bytes.add(Buffer.from(name), Buffer.from(value))
  return bytes.written().slice()
}

/** Labels of one series after the other. */
export class LabelBytes {
  #bytes = new Uint8Array(1024)
  #length = 0

  /** A view, valid until the next call. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The label `__name__` alone. @param suffix empty, or a colon and a part */
  setName(metric: Uint8Array, suffix: Uint8Array): this {
    this.#length = 0
    this.#begin(METRIC_NAME, metric.length + suffix.length)
    this.#append(metric)
    this.#append(suffix)
    return this
  }

  /** Every label of a series but its name, straight from its canonical bytes: name and value in turns, a zero byte before each. */
  setLabelsOf({ canonical }: Series): this {
    this.#length = 0
    for (let zero = canonical.indexOf(0, 1); zero !== -1; ) {
      const middle = canonical.indexOf(0, zero + 1)
      const next = canonical.indexOf(0, middle + 1)
      this.add(
        canonical.subarray(zero + 1, middle),
        canonical.subarray(middle + 1, next === -1 ? canonical.length : next),
      )
      zero = next
    }
    return this
  }

  add(name: Uint8Array, value: Uint8Array): void {
    this.#begin(name, value.length)
    this.#append(value)
  }

  #begin(name: Uint8Array, valueLength: number): void {
    const length = 1 + varintLength(name.length) + name.length + 1 + varintLength(valueLength) + valueLength
    this.#reserve(length + 11)
    this.#bytes[this.#length++] = LABELS
    this.#varint(length)
    this.#bytes[this.#length++] = NAME
    this.#varint(name.length)
    this.#append(name)
    this.#bytes[this.#length++] = VALUE
    this.#varint(valueLength)
  }

  #append(bytes: Uint8Array): void {
    // Copying so few bytes one by one is faster than a call of set.
    for (let i = 0; i < bytes.length; i++) this.#bytes[this.#length++] = bytes[i]
  }

  #varint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#length++] = rest
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const wider = new Uint8Array(Math.max(this.#length + more, this.#bytes.length * 2))
    wider.set(this.written())
    this.#bytes = wider
  }
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++
  return length
}
