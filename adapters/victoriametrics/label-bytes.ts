import type { Label, Series } from '../../schemas/series/series.js'
import { putVarint, varintLength } from '../varint.js'

/** Field numbers and wire types of remote write 1.0: TimeSeries.labels, Label.name, Label.value. */
const LABELS = 0x0a
const NAME = 0x0a
const VALUE = 0x12
/** Bytes of a label beside its name and value: three tags and three lengths. */
const MOST_FRAMING = 3 + 3 * 5

const METRIC_NAME = Buffer.from('__name__')

/** Labels as they stand in a remote-write series. */
export function encodeLabels(labels: readonly Label[]): Uint8Array {
  return Buffer.concat(
    labels.map(([name, value]) => {
      const text = Buffer.from(`${name}\0${value}`)
      const bytes = new Uint8Array(text.length + MOST_FRAMING)
      return bytes.subarray(0, putLabel(bytes, 0, text, 0, Buffer.byteLength(name) + 1, text.length))
    }),
  )
}

/** The label `__name__` alone. @param suffix empty, or a colon and a part */
export function encodeName(metric: Uint8Array, suffix: Uint8Array): Uint8Array {
  const value = Buffer.concat([metric, suffix])
  const bytes = new Uint8Array(METRIC_NAME.length + value.length + MOST_FRAMING)
  const to = putHead(bytes, 0, METRIC_NAME, 0, METRIC_NAME.length, value.length)
  return bytes.slice(0, copy(bytes, to, value, 0, value.length))
}

/** Where labels are put together: as large as the longest ones needed. */
let room = new Uint8Array(4096)

/** Every label of a series but its name, straight from its canonical bytes: name and value in turns, a zero byte before each. */
export function encodeLabelsOf({ canonical }: Series): Uint8Array {
  const { length } = canonical
  if (room.length < length * MOST_FRAMING) room = new Uint8Array(length * MOST_FRAMING)
  const bytes = room
  let to = 0
  let at = 1
  while (at < length && canonical[at] !== 0) at++
  while (at < length) {
    const name = at + 1
    for (at = name; canonical[at] !== 0; ) at++
    const value = at + 1
    for (at = value; at < length && canonical[at] !== 0; ) at++
    to = putLabel(bytes, to, canonical, name, value, at)
  }
  return bytes.slice(0, to)
}

/** Puts the label whose name ends one byte before its value begins, which ends before `end`. @returns where the next begins */
function putLabel(into: Uint8Array, to: number, from: Uint8Array, name: number, value: number, end: number): number {
  return copy(into, putHead(into, to, from, name, value - 1, end - value), from, value, end)
}

/** Puts what stands before a label's value: its length, the name `from[start..end]` and the value's length. */
function putHead(
  into: Uint8Array,
  to: number,
  from: Uint8Array,
  start: number,
  end: number,
  valueLength: number,
): number {
  const nameLength = end - start
  const length = 2 + varintLength(nameLength) + nameLength + varintLength(valueLength) + valueLength
  into[to++] = LABELS
  to = putVarint(into, to, length)
  into[to++] = NAME
  to = copy(into, putVarint(into, to, nameLength), from, start, end)
  into[to++] = VALUE
  return putVarint(into, to, valueLength)
}

/** So few bytes are copied faster one by one than by a call of set. */
function copy(into: Uint8Array, to: number, from: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) into[to++] = from[i]
  return to
}
