import { Type } from '@sinclair/typebox'
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
