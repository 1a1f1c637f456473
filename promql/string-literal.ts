import { isUtf8 } from 'node:buffer'

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}
const ESCAPE = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[\s\S])/g

/**
 * The value of a PromQL string literal, quotes included in `text`: Go's escapes in double and single quotes, none in
 * backticks. `\x` and octal escapes name bytes, as in Go: a run of them is read as UTF-8; a byte that is none is kept as
 * the lone surrogate U+DC00 + byte, so that such a string is never well formed and is still told apart.
 * @throws Error that says what is wrong with it
 */
export function unquote(text: string): string {
  const quote = text[0]
  if (text.length < 2 || text.at(-1) !== quote) throw new Error('the string is not closed')
  const inner = text.slice(1, -1)
  if (quote === '`' || !inner.includes('\\')) return inner
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(inner)) throw new Error('the string is not closed')
  const bytes: Buffer[] = []
  let from = 0
  for (const match of inner.matchAll(ESCAPE)) {
    bytes.push(Buffer.from(inner.slice(from, match.index)), escaped(match[1], quote))
    from = match.index + match[0].length
  }
  bytes.push(Buffer.from(inner.slice(from)))
  return decoded(Buffer.concat(bytes))
}

function decoded(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  let text = ''
  for (let from = 0; from < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => from + n <= bytes.length && isUtf8(bytes.subarray(from, from + n)))
    text += length ? bytes.toString('utf8', from, from + length) : String.fromCharCode(0xdc00 + bytes[from])
    from += length ?? 1
  }
  return text
}

function escaped(code: string, quote: string): Buffer {
  if (/^x.{2}/.test(code)) return Buffer.from([Number.parseInt(code.slice(1), 16)])
  if (/^[0-7]{3}$/.test(code) && Number.parseInt(code, 8) < 256) return Buffer.from([Number.parseInt(code, 8)])
  if (/^[uU]../.test(code)) {
    const point = Number.parseInt(code.slice(1), 16)
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw new Error(`\\${code} is not a character`)
    return Buffer.from(String.fromCodePoint(point))
  }
  const simple = SIMPLE[code]
  if (simple === undefined || ((code === '"' || code === "'") && code !== quote)) {
    throw new Error(`unknown escape \\${code}`)
  }
  return Buffer.from(simple)
}
