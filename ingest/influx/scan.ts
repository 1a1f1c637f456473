import { classOf, IS_CONTROL, MINUS, NEWLINE, NINE, RETURN, SPACE, ZERO } from './character-classes.js'

/** Offset of the first byte from `at` on that is no space. */
export function behindSpaces(bytes: Uint8Array, at: number): number {
  const size = bytes.length
  let behind = at
  while (behind < size && bytes[behind] === SPACE) behind++
  return behind
}

/** Offset behind the end of line at `at` (newline, return and newline, end of input), or -1 if there is none. */
export function behindNewline(bytes: Uint8Array, at: number): number {
  const size = bytes.length
  if (at === size) return size
  if (bytes[at] === NEWLINE) return at + 1
  if (bytes[at] !== RETURN) return -1
  if (at + 1 === size) return size
  return bytes[at + 1] === NEWLINE ? at + 2 : -1
}

/** Offset behind the digits and minus signs from `at` on. */
export function behindTime(bytes: Uint8Array, at: number): number {
  const size = bytes.length
  let behind = at
  for (; behind < size; behind++) {
    const byte = bytes[behind]
    if ((byte < ZERO || byte > NINE) && byte !== MINUS) break
  }
  return behind
}

/** Offset of the first control character from `at` on. */
export function behindComment(bytes: Uint8Array, at: number): number {
  const size = bytes.length
  let behind = at
  while (behind < size && (classOf[bytes[behind]] & IS_CONTROL) === 0) behind++
  return behind
}
