/**
 * What a template works with, by the type that Go would have for it: bigint is an int, number a float64, Map a map of
 * texts or of anything, an array a slice.
 */
export type GoValue =
  | string
  | number
  | bigint
  | boolean
  | undefined
  | GoMap
  | readonly GoValue[]
  | GoStruct
  | GoTime
  | GoDuration

/** A map; `zero` is what a key gives that it does not have. */
export interface GoMap {
  kind: 'map'
  entries: ReadonlyMap<string, GoValue>
  zero: GoValue
}

/** A struct, by the name of its type. */
export interface GoStruct {
  kind: 'struct'
  type: string
  fields: ReadonlyMap<string, GoValue>
}

/** A time in UTC, whole ms since the epoch. */
export interface GoTime {
  kind: 'time'
  ms: number
}

export interface GoDuration {
  kind: 'duration'
  seconds: number
}

/** An error while a template runs. */
export class TemplateError extends Error {}

export function textMap(entries: Readonly<Record<string, string>>): GoMap {
  return { kind: 'map', entries: new Map(Object.entries(entries)), zero: '' }
}

export function isMap(value: GoValue): value is GoMap {
  return isObject(value) && value.kind === 'map'
}

export function isStruct(value: GoValue): value is GoStruct {
  return isObject(value) && value.kind === 'struct'
}

export function isTime(value: GoValue): value is GoTime {
  return isObject(value) && value.kind === 'time'
}

export function isDuration(value: GoValue): value is GoDuration {
  return isObject(value) && value.kind === 'duration'
}

export function isSlice(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value)
}

function isObject(value: GoValue): value is GoMap | GoStruct | GoTime | GoDuration {
  return typeof value === 'object' && !Array.isArray(value)
}

/** The keys of a map in the order in which Go's templates go through them. */
export function sortedKeys({ entries }: GoMap): string[] {
  return [...entries.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** The Go type of a value, as messages name it. */
export function typeName(value: GoValue): string {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'boolean') return 'bool'
  if (value === undefined) return 'nil'
  if (isSlice(value)) return '[]interface {}'
  if (isMap(value)) return value.zero === '' ? 'map[string]string' : 'map[string]interface {}'
  if (isStruct(value)) return value.type
  return isTime(value) ? 'time.Time' : 'time.Duration'
}

/** What `if`, `and`, `or` and `not` take for true: anything but false, 0, nil and what is empty. */
export function isTrue(value: GoValue): boolean {
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'bigint') return value !== 0n
  if (value === undefined || typeof value === 'boolean' || typeof value === 'string') return Boolean(value)
  if (isSlice(value)) return value.length > 0
  return isMap(value) ? value.entries.size > 0 : true
}
