import { Buffer } from 'node:buffer'

/** An AnyValue of either encoding. Integers are their decimal text in an object, so that no digit is lost. */
export type AttributeValue =
  | string
  | boolean
  | number
  | { int: string }
  | Uint8Array
  | AttributeValue[]
  | Map<string, AttributeValue>
  | undefined

/** Values nested deeper than this are refused. */
export const MAX_VALUE_DEPTH = 32

/**
 * An attribute's value as a label value, as the OpenTelemetry Collector and Prometheus write it: text as it is, numbers
 * in decimal, bytes in base64, arrays and key-value lists as JSON with sorted keys, an absent value as nothing.
 */
export function attributeText(value: AttributeValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return doubleText(value)
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Uint8Array) return base64(value)
  return Array.isArray(value) || value instanceof Map ? jsonText(value) : value.int
}

function jsonText(value: AttributeValue): string {
  if (value === undefined) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(doubleText(value))
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Uint8Array) return JSON.stringify(base64(value))
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (!(value instanceof Map)) return value.int
  const keys = [...value.keys()].sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${jsonText(value.get(key))}`).join(',')}}`
}

function doubleText(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
