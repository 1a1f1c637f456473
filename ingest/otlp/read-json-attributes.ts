import { Buffer } from 'node:buffer'
import type { Label } from '../../schemas/series/series.js'
import { type AttributeValue, attributeText, MAX_VALUE_DEPTH } from './attribute-value.js'
import { BadPointError, type PointAttributes } from './data-point.js'
import { isObject, type JsonObject, listOf, objectOf, textOf, toDouble, toInteger } from './json-values.js'

const NO_BYTES = new Uint8Array(0)

/** The attributes of a data point in OTLP/JSON; their JSON text identifies them. */
export class JsonAttributes implements PointAttributes {
  readonly bytes: Uint8Array
  readonly start = 0
  readonly end: number
  readonly #attributes: Label[]

  constructor(attributes: Label[]) {
    this.#attributes = attributes
    this.bytes = attributes.length === 0 ? NO_BYTES : Buffer.from(JSON.stringify(attributes))
    this.end = this.bytes.length
  }

  read(): Label[] {
    return this.#attributes
  }
}

/** The member `attributes`: a list of KeyValue objects. @throws BadPointError */
export function readAttributes(parent: JsonObject): Label[] {
  return listOf(parent, 'attributes').map((item): Label => {
    const [key, value] = readKeyValue(item, 0)
    return [key, attributeText(value)]
  })
}

function readKeyValue(item: unknown, depth: number): [key: string, value: AttributeValue] {
  if (!isObject(item)) throw new BadPointError('an attribute is not an object')
  return [textOf(item, 'key'), readValue(objectOf(item, 'value'), depth + 1)]
}

function readValue(value: JsonObject, depth: number): AttributeValue {
  if (depth > MAX_VALUE_DEPTH)
    throw new BadPointError(`an attribute value is nested deeper than ${MAX_VALUE_DEPTH} levels`)
  if (isGiven(value.stringValue)) return textOf(value, 'stringValue')
  if (isGiven(value.boolValue)) {
    if (typeof value.boolValue !== 'boolean') throw new BadPointError('boolValue is neither true nor false')
    return value.boolValue
  }
  if (isGiven(value.intValue)) return { int: String(toInteger(value.intValue, 'intValue')) }
  if (isGiven(value.doubleValue)) return toDouble(value.doubleValue, 'doubleValue')
  if (isGiven(value.bytesValue)) return Buffer.from(textOf(value, 'bytesValue'), 'base64')
  if (isGiven(value.arrayValue))
    return listOf(objectOf(value, 'arrayValue'), 'values').map((inner) => readItem(inner, depth))
  if (isGiven(value.kvlistValue)) {
    return new Map(listOf(objectOf(value, 'kvlistValue'), 'values').map((inner) => readKeyValue(inner, depth + 1)))
  }
  return undefined
}

function readItem(value: unknown, depth: number): AttributeValue {
  if (!isObject(value)) throw new BadPointError('an item of arrayValue is not an object')
  return readValue(value, depth + 1)
}

function isGiven(member: unknown): boolean {
  return member !== undefined && member !== null
}
