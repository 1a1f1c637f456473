import { BadPointError } from './data-point.js'

const SURROGATE = /\p{Surrogate}/u

/** An object of parsed JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for an object that is neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/*
 * Members of OTLP/JSON objects. An absent or null member has protobuf's default; one of the wrong type throws
 * BadPointError with its name.
 */

export function listOf(parent: JsonObject, name: string): unknown[] {
  const value = parent[name] ?? []
  if (!Array.isArray(value)) throw new BadPointError(`${name} is not a list`)
  return value
}

export function objectOf(parent: JsonObject, name: string): JsonObject {
  const value = parent[name] ?? {}
  if (!isObject(value)) throw new BadPointError(`${name} is not an object`)
  return value
}

export function textOf(parent: JsonObject, name: string): string {
  const value = parent[name] ?? ''
  if (typeof value !== 'string') throw new BadPointError(`${name} is not a text`)
  // JSON can write half a surrogate pair; UTF-8 cannot, so two such names would become one when they are stored.
  if (SURROGATE.test(value)) throw new BadPointError(`${name} holds half a surrogate pair`)
  return value
}

/** A number of type double: a number, or a text such as "NaN", "Infinity", "-Infinity", "1.5". */
export function toDouble(value: unknown, name: string): number {
  if (typeof value === 'number') return value
  if (value === 'NaN') return Number.NaN
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw new BadPointError(`${name} is ${shown(value)}, it must be a number`)
  return number
}

/** A 64-bit integer: its text, or a whole number. */
export function toInteger(value: unknown, name: string): bigint {
  if (typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value)
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  throw new BadPointError(`${name} is ${shown(value)}, it must be a whole number`)
}

/** An unsigned 64-bit count; above 2^53 the nearest double. */
export function toCount(value: unknown, name: string): number {
  const count = toInteger(value, name)
  if (count < 0n) throw new BadPointError(`${name} is ${count}, it must not be negative`)
  return Number(count)
}

/** A 32-bit or smaller integer. */
export function toWhole(value: unknown, name: string): number {
  return Number(toInteger(value, name))
}

/**
 * Nanoseconds as whole ms, rounded down. As text every digit counts; a JSON number above 2^53 has lost its last digits
 * when it was parsed, at most 128 ns, which must not push a whole ms below itself.
 */
export function toMs(value: unknown, name: string): number {
  if (typeof value === 'number' && value > Number.MAX_SAFE_INTEGER) return Math.floor((value + 128) / 1e6)
  const nanos = toInteger(value, name)
  if (nanos < 0n) throw new BadPointError(`${name} is ${nanos}, it must not be negative`)
  return Number(nanos / 1_000_000n)
}

/** An enum, as its number or its name. */
export function enumOf(parent: JsonObject, name: string, names: Readonly<Record<string, number>>): number {
  const value = parent[name] ?? 0
  if (typeof value === 'number') return value
  const known = typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined
  if (known === undefined)
    throw new BadPointError(
      `${name} is ${shown(value)}, it must be a number or one of ${Object.keys(names).join(', ')}`,
    )
  return known
}

/** A value as it may stand in a message. */
function shown(value: unknown): string {
  return typeof value === 'object' ? 'a list or an object' : JSON.stringify(value).slice(0, 60)
}
