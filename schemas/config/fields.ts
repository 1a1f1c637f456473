import { type TProperties, Type } from '@sinclair/typebox'
import { DURATION_PATTERN } from './duration.js'

/** A config field that holds a duration such as `10s`. */
export function duration(value: string, description?: string) {
  return Type.String({
    default: value,
    pattern: DURATION_PATTERN,
    description,
    errorMessage: 'write a duration such as 10s, 1m30s or 7d',
  })
}

/** A group of keys, each with a default, and no others. */
export function group<T extends TProperties>(properties: T) {
  return Type.Object(properties, { additionalProperties: false, default: {} })
}
