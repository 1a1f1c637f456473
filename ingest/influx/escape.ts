import { BACKSLASH, COMMA, EQUALS, NEWLINE, QUOTE, RETURN, SPACE } from './character-classes.js'

/** What stands after a backslash, and for what; the reverse for writing. */
export interface Escapes {
  /** Byte after the backslash -> byte meant; 0 if the backslash stands for itself. */
  meaning: Uint8Array
  /** Byte meant -> byte to write after a backslash; 0 if it is written as it is. */
  written: Uint8Array
}

const TAB = 0x09
const same = (...bytes: number[]): [number, number][] => bytes.map((byte) => [byte, byte])

export const MEASUREMENT_ESCAPES: Escapes = escapes(same(COMMA, SPACE))
export const KEY_ESCAPES: Escapes = escapes(same(COMMA, SPACE, EQUALS))
export const STRING_ESCAPES: Escapes = escapes([
  ...same(BACKSLASH, QUOTE),
  [0x6e, NEWLINE],
  [0x72, RETURN],
  [0x74, TAB],
])

/** The text that bytes [start, end) write, which are well-formed UTF-8. */
export function unescapeText(bytes: Uint8Array, start: number, end: number, { meaning }: Escapes): string {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  if (!source.includes(BACKSLASH)) return source.toString()
  const plain = Buffer.allocUnsafe(source.length)
  let length = 0
  for (let i = 0; i < source.length; i++) {
    const meant = source[i] === BACKSLASH && i + 1 < source.length ? meaning[source[i + 1]] : 0
    plain[length++] = meant === 0 ? source[i] : meant
    if (meant !== 0) i++
  }
  return plain.toString('utf8', 0, length)
}

/** `text` with a backslash before each character that needs one. */
export function escapeText(text: string, { written }: Escapes): string {
  let escaped = ''
  for (const character of text) {
    const code = character.charCodeAt(0)
    const after = code < 256 ? written[code] : 0
    escaped += after === 0 ? character : `\\${String.fromCharCode(after)}`
  }
  return escaped
}

function escapes(pairs: readonly (readonly [written: number, meant: number])[]): Escapes {
  const table: Escapes = { meaning: new Uint8Array(256), written: new Uint8Array(256) }
  for (const [written, meant] of pairs) {
    table.meaning[written] = meant
    table.written[meant] = written
  }
  return table
}
