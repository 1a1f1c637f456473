import { MINUS, NINE, POINT, ZERO } from './character-classes.js'
import { parseFloatField } from './float.js'
import { INT64, parseInteger, UINT64 } from './integer.js'
import { FieldKind } from './slots.js'

const LOWER_I = 0x69
const LOWER_U = 0x75
const LOWER_T = 0x74
const UPPER_T = 0x54
const LOWER_F = 0x66
const UPPER_F = 0x46

/** What bytes [start, end) claim to be by their first and last byte; -1 if nothing that a field holds unquoted. */
export function scalarKind(bytes: Uint8Array, start: number, end: number): FieldKind | -1 {
  if (start === end) return -1
  const first = bytes[start]
  if ((first >= ZERO && first <= NINE) || first === MINUS || first === POINT) {
    const last = bytes[end - 1]
    return last === LOWER_I ? FieldKind.Integer : last === LOWER_U ? FieldKind.Unsigned : FieldKind.Float
  }
  const boolean = first === LOWER_T || first === UPPER_T || first === LOWER_F || first === UPPER_F
  return boolean ? FieldKind.Boolean : -1
}

/** The value of bytes [start, end) of that kind; NaN if they are malformed, NaN or an infinity if out of range. */
export function parseScalar(bytes: Uint8Array, start: number, end: number, kind: FieldKind): number {
  switch (kind) {
    case FieldKind.Float:
      return parseFloatField(bytes, start, end)
    case FieldKind.Integer:
      return parseInteger(bytes, start, end - 1, INT64)
    case FieldKind.Unsigned:
      return parseInteger(bytes, start, end - 1, UINT64)
    case FieldKind.Boolean:
      return parseBoolean(bytes, start, end)
    case FieldKind.String:
      return NaN
  }
}

/** What a malformed value of that kind should have been. */
export function scalarExpectation(kind: FieldKind): string {
  switch (kind) {
    case FieldKind.Integer:
      return 'expected a 64-bit integer before "i"'
    case FieldKind.Unsigned:
      return 'expected an unsigned 64-bit integer before "u"'
    case FieldKind.Boolean:
      return 'expected t, T, true, True, TRUE, f, F, false, False or FALSE'
    default:
      return 'expected a number that fits 64 bits'
  }
}

function parseBoolean(bytes: Uint8Array, start: number, end: number): number {
  const truth = bytes[start] === LOWER_T || bytes[start] === UPPER_T
  if (end - start === 1) return truth ? 1 : 0
  for (const word of truth ? TRUE_WORDS : FALSE_WORDS) if (spells(bytes, start, end, word)) return truth ? 1 : 0
  return NaN
}

const TRUE_WORDS = ['true', 'True', 'TRUE']
const FALSE_WORDS = ['false', 'False', 'FALSE']

function spells(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false
  return true
}
