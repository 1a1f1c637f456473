import type { NumberLiteral } from '../ast.js'
import { syntaxError } from '../errors.js'
import { unquote } from '../string-literal.js'
import { readDuration, readNumber } from './number.js'
import type { Token } from './token.js'

/** A number or a duration as a number of seconds. @throws TM_QUERY_SYNTAX */
export function numberLiteral({ type, word, from, to }: Token): NumberLiteral {
  return located(from, () =>
    type === 'duration'
      ? { type: 'number', value: readDuration(word), duration: true, span: { from, to } }
      : { type: 'number', value: readNumber(word), span: { from, to } },
  )
}

/** What a string in quotes says. @throws TM_QUERY_SYNTAX */
export function stringValue({ word, from }: Token): string {
  return located(from, () => unquote(word))
}

function located<T>(from: number, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw syntaxError(from, (cause as Error).message)
  }
}
