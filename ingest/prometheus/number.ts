const LETTERS = /^[+-]?(?:inf|infinity)$|^nan$/i

/** Longest number word: `+infinity`. */
const LONGEST_WORD = 9

/** The value of `NaN`, `+Inf`, `-Inf`, `Infinity` (any case) in bytes [start, end); undefined if it is none of them. */
export function parseNumberWord(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > LONGEST_WORD) return undefined
  return numberWord(String.fromCharCode(...bytes.subarray(start, end)))
}

/** As {@link parseNumberWord}, of text. */
export function numberWord(text: string): number | undefined {
  if (!LETTERS.test(text)) return undefined
  if (text.endsWith('n') || text.endsWith('N')) return Number.NaN
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
