import { executionError } from '../../errors.js'

/** Characters that a label made by a query may have: calls inside one another could double it at each. */
const CHARACTERS_LIMIT = 65_536

/** Characters that take the memory of a sample. */
const CHARACTERS_A_SAMPLE = 8

/**
 * The pieces as one label value.
 * @param func that makes it, for the message
 * @throws TM_QUERY_EXECUTION if it is too long
 */
export function joinedLabel(func: string, pieces: readonly string[], separator = ''): string {
  const gaps = Math.max(0, pieces.length - 1)
  const length = pieces.reduce((sum, piece) => sum + piece.length, gaps * separator.length)
  if (length <= CHARACTERS_LIMIT) return pieces.join(separator)
  throw executionError(`${func}() makes a label value of ${length} characters, the limit is ${CHARACTERS_LIMIT}`)
}

/** What a label value costs beside its sample, in samples. */
export function labelSamples(value: string): number {
  return Math.floor(value.length / CHARACTERS_A_SAMPLE)
}
