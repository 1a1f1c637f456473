import { COMPARISONS } from './compare.js'
import { escapeHtml, escapeJs, escapeQuery } from './escape.js'
import { print, sprintf } from './go-format.js'
import type { Arity } from './prometheus-functions.js'
import { type GoValue, isMap, isSlice, isTrue, TemplateError, typeName } from './values.js'

/** Functions that Go's templates have by themselves; `and` and `or` are beside them, for they look at arguments in turn. */
export const BUILTIN_FUNCTIONS: Readonly<Record<string, Arity>> = {
  ...Object.fromEntries(Object.entries(COMPARISONS).map(([name, compare]) => [name, [compare, undefined] as const])),
  not: [([value]) => !isTrue(value), 1],
  print: [print, undefined],
  println: [(args) => `${args.map((value) => print([value])).join(' ')}\n`, undefined],
  printf: [
    ([format, ...args]) => {
      if (typeof format !== 'string') throw new TemplateError(`printf needs a format, it got a ${typeName(format)}`)
      return sprintf(format, args)
    },
    undefined,
  ],
  len: [([value]) => BigInt(lengthOf(value)), 1],
  index: [([value, ...keys]) => keys.reduce(elementOf, value), undefined],
  slice: [([value, ...bounds]) => sliceOf(value, bounds), undefined],
  html: [(args) => escapeHtml(print(args)), undefined],
  js: [(args) => escapeJs(print(args)), undefined],
  urlquery: [(args) => escapeQuery(print(args)), undefined],
}

function lengthOf(value: GoValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (isSlice(value)) return value.length
  if (isMap(value)) return value.entries.size
  throw new TemplateError(`a ${typeName(value)} has no length`)
}

function elementOf(value: GoValue, key: GoValue): GoValue {
  if (isMap(value)) {
    if (typeof key !== 'string') throw new TemplateError(`a map's key is a string, not a ${typeName(key)}`)
    return value.entries.has(key) ? value.entries.get(key) : value.zero
  }
  if (!isSlice(value) && typeof value !== 'string') throw new TemplateError(`a ${typeName(value)} cannot be indexed`)
  const at = boundOf(key, lengthOf(value) - 1)
  return isSlice(value) ? value[at] : BigInt(Buffer.from(value)[at])
}

function sliceOf(value: GoValue, bounds: readonly GoValue[]): GoValue {
  if (!isSlice(value) && typeof value !== 'string') throw new TemplateError(`a ${typeName(value)} cannot be sliced`)
  const length = lengthOf(value)
  const [from = 0, to = length] = bounds.map((bound) => boundOf(bound, length))
  if (from > to) throw new TemplateError(`a slice cannot go from ${from} to ${to}`)
  return isSlice(value) ? value.slice(from, to) : Buffer.from(value).subarray(from, to).toString()
}

function boundOf(value: GoValue, most: number): number {
  const at = typeof value === 'bigint' ? Number(value) : Number.NaN
  if (Number.isNaN(at)) throw new TemplateError(`an index is an int, not a ${typeName(value)}`)
  if (at < 0 || at > most) throw new TemplateError(`index out of range: ${at}`)
  return at
}
