const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** A string in double quotes with the escapes of Go's strconv.Quote, as Prometheus prints it. */
export function quoteString(value: string): string {
  let quoted = '"'
  for (const char of value) quoted += ESCAPES[char] ?? (PRINTABLE.test(char) ? char : escapeCode(char.codePointAt(0)!))
  return `${quoted}"`
}

function escapeCode(code: number): string {
  // A byte that is not UTF-8, as string literals keep it.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`
  return `\\u${code.toString(16).padStart(4, '0')}`
}
