import { type GoMap, type GoStruct, type GoValue, isMap, isSlice, isStruct, TemplateError, typeName } from './values.js'

/** @throws TemplateError if it is none */
export function string(value: GoValue): string {
  if (typeof value === 'string') return value
  throw new TemplateError(`wrong type for value; expected string; got ${typeName(value)}`)
}

/** A number, or a text that is one. @throws TemplateError */
export function number(value: GoValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') throw new TemplateError(`can't convert ${typeName(value)} to float`)
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(value)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(value)) return Number.NaN
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) return Number(value)
  throw new TemplateError(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`)
}

/** What a query gave. @throws TemplateError */
export function samples(value: GoValue): readonly GoStruct[] {
  if (isSlice(value) && value.every(isStruct)) return value
  throw new TemplateError(`wrong type for value; expected the result of a query; got ${typeName(value)}`)
}

/** A sample of a query's result. @throws TemplateError */
export function structOf(value: GoValue): GoStruct {
  if (isStruct(value)) return value
  throw new TemplateError(`wrong type for value; expected a sample; got ${typeName(value)}`)
}

/** @throws TemplateError */
export function labelsOf(value: GoValue): GoMap {
  const labels = structOf(value).fields.get('Labels')
  if (isMap(labels)) return labels
  throw new TemplateError('a sample has labels, this has none')
}
