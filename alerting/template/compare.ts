import { type GoValue, isMap, isSlice, isStruct, TemplateError, typeName } from './values.js'

/** Go's comparison functions of templates. @throws TemplateError if the values are of different kinds */
export const COMPARISONS: Readonly<Record<string, (args: readonly GoValue[]) => boolean>> = {
  eq: (args) => {
    if (args.length < 2) throw new TemplateError('eq needs two values at least')
    return args.slice(1).some((other) => isEqual(args[0], other))
  },
  ne: (args) => !isEqual(...two('ne', args)),
  lt: (args) => isLess(...two('lt', args)),
  le: (args) => {
    const [a, b] = two('le', args)
    return isLess(a, b) || isEqual(a, b)
  },
  gt: (args) => {
    const [a, b] = two('gt', args)
    return !isLess(a, b) && !isEqual(a, b) && !isUnordered(a, b)
  },
  ge: (args) => {
    const [a, b] = two('ge', args)
    return !isLess(a, b) && !isUnordered(a, b)
  },
}

function two(name: string, args: readonly GoValue[]): [GoValue, GoValue] {
  if (args.length !== 2) throw new TemplateError(`${name} needs two values, it got ${args.length}`)
  return [args[0], args[1]]
}

function isEqual(a: GoValue, b: GoValue): boolean {
  for (const value of [a, b]) {
    if (isSlice(value) || isMap(value) || isStruct(value))
      throw new TemplateError(`a ${typeName(value)} cannot be compared`)
  }
  if (a === undefined || b === undefined) return a === b
  requireSameKind(a, b)
  return a === b
}

function isLess(a: GoValue, b: GoValue): boolean {
  requireSameKind(a, b)
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
  if ((typeof a === 'number' && typeof b === 'number') || (typeof a === 'bigint' && typeof b === 'bigint')) return a < b
  throw new TemplateError(`values of type ${typeName(a)} have no order`)
}

function isUnordered(a: GoValue, b: GoValue): boolean {
  return Number.isNaN(a) || Number.isNaN(b)
}

function requireSameKind(a: GoValue, b: GoValue): void {
  if (typeName(a) === typeName(b)) return
  const hint = typeof a === 'bigint' || typeof b === 'bigint' ? ': write 5.0 for a float' : ''
  throw new TemplateError(`a ${typeName(a)} cannot be compared with a ${typeName(b)}${hint}`)
}
