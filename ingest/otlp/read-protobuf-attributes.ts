import type { Label } from '../../schemas/series/series.js'
import { ProtobufReader } from '../protobuf/reader.js'
import { utf8Text } from '../protobuf/text.js'
import { type AttributeValue, attributeText, MAX_VALUE_DEPTH } from './attribute-value.js'
import { BadPointError, type PointAttributes } from './data-point.js'
import { AnyValue, KeyValue, Values } from './fields.js'

/**
 * The attributes of the data point that is being read: its KeyValue fields, found while the point is passed over.
 * Senders write them one behind the other, so they are usually read in place; if not, they are gathered.
 */
export class ProtobufAttributes implements PointAttributes {
  bytes: Uint8Array
  start = 0
  end = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Begins a new data point of the message `bytes`. */
  clear(bytes: Uint8Array): void {
    this.bytes = bytes
    this.start = 0
    this.end = 0
  }

  /** Adds the field [from, to) of the reader's bytes, its tag included. */
  add(reader: ProtobufReader, from: number, to: number): void {
    if (this.end === this.start) {
      this.start = from
      this.end = to
    } else if (this.bytes === reader.bytes && this.end === from) {
      this.end = to
    } else {
      const gathered = new Uint8Array(this.end - this.start + to - from)
      gathered.set(this.bytes.subarray(this.start, this.end))
      gathered.set(reader.bytes.subarray(from, to), this.end - this.start)
      this.bytes = gathered
      this.start = 0
      this.end = gathered.length
    }
  }

  read(): Label[] {
    const attributes: Label[] = []
    const reader = new ProtobufReader(this.bytes, this.start, this.end)
    while (reader.next()) {
      const outer = reader.enter()
      attributes.push(readAttribute(reader))
      reader.leave(outer)
    }
    return attributes
  }
}

/** A KeyValue that the reader has entered. @throws BadPointError, WireError */
export function readAttribute(reader: ProtobufReader): Label {
  const [key, value] = readKeyValue(reader, 0)
  return [key, attributeText(value)]
}

/** The text of the current field. @throws BadPointError if it is not valid UTF-8 */
export function readText(reader: ProtobufReader, what: string): string {
  reader.span()
  const text = utf8Text(reader.bytes, reader.from, reader.to)
  if (text === undefined) throw new BadPointError(`${what} is not valid UTF-8`)
  return text
}

function readKeyValue(reader: ProtobufReader, depth: number): [key: string, value: AttributeValue] {
  let key = ''
  let value: AttributeValue
  while (reader.next()) {
    if (reader.tag === KeyValue.key) key = readText(reader, 'an attribute key')
    else if (reader.tag === KeyValue.value) value = readInner(reader, depth, readValue)
    else reader.skip()
  }
  return [key, value]
}

function readValue(reader: ProtobufReader, depth: number): AttributeValue {
  let value: AttributeValue
  while (reader.next()) {
    const { tag } = reader
    if (tag === AnyValue.text) value = readText(reader, 'an attribute value')
    else if (tag === AnyValue.bool) value = reader.uint64() !== 0
    else if (tag === AnyValue.int) value = { int: reader.int64Text() }
    else if (tag === AnyValue.double) value = reader.double()
    else if (tag === AnyValue.array) value = readInner(reader, depth, readArray)
    else if (tag === AnyValue.list) value = readInner(reader, depth, readList)
    else if (tag === AnyValue.bytes) {
      reader.span()
      value = reader.bytes.slice(reader.from, reader.to)
    } else reader.skip()
  }
  return value
}

function readArray(reader: ProtobufReader, depth: number): AttributeValue[] {
  const values: AttributeValue[] = []
  while (reader.next()) {
    if (reader.tag === Values.value) values.push(readInner(reader, depth, readValue))
    else reader.skip()
  }
  return values
}

function readList(reader: ProtobufReader, depth: number): Map<string, AttributeValue> {
  const list = new Map<string, AttributeValue>()
  while (reader.next()) {
    if (reader.tag === Values.value) list.set(...readInner(reader, depth, readKeyValue))
    else reader.skip()
  }
  return list
}

/** Reads the message of the current field, one level deeper. */
function readInner<T>(reader: ProtobufReader, depth: number, read: (reader: ProtobufReader, depth: number) => T): T {
  if (depth >= MAX_VALUE_DEPTH)
    throw new BadPointError(`an attribute value is nested deeper than ${MAX_VALUE_DEPTH} levels`)
  const outer = reader.enter()
  const value = read(reader, depth + 1)
  reader.leave(outer)
  return value
}
