/** A word or an operator of a text that stands outside of brackets and quotes. */
export interface Token {
  text: string
  from: number
  to: number
}

const TOKEN = /[A-Za-z_][\w:.]*|>=|<=|==|!=|>|<|\S/y
const OPEN = new Set(['(', '[', '{'])
const CLOSE = new Set([')', ']', '}'])
const QUOTES = new Set(['"', "'", '`'])

/** Words and operators of a text at its top level, in order. */
export function topLevel(text: string): Token[] {
  const tokens: Token[] = []
  let depth = 0
  for (let at = 0; at < text.length; ) {
    const char = text[at]
    if (QUOTES.has(char)) at = afterQuoted(text, at)
    else if (/\s/.test(char)) at++
    else if (OPEN.has(char) || CLOSE.has(char)) {
      depth += OPEN.has(char) ? 1 : -1
      at++
    } else {
      TOKEN.lastIndex = at
      const word = TOKEN.exec(text)?.[0] ?? char
      if (depth === 0) tokens.push({ text: word, from: at, to: at + word.length })
      at += word.length
    }
  }
  return tokens
}

/** True if the text is one pair of parentheses around all the rest. */
export function isWrapped(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (QUOTES.has(text[at])) at = afterQuoted(text, at) - 1
    else if (OPEN.has(text[at])) depth++
    else if (CLOSE.has(text[at]) && --depth === 0) return at === text.length - 1
  }
  return false
}

/** Parts of a text between the top-level tokens that are this word, whatever its case. */
export function splitAt(text: string, word: string): string[] {
  const parts: string[] = []
  let from = 0
  for (const token of topLevel(text)) {
    if (token.text.toUpperCase() !== word) continue
    parts.push(text.slice(from, token.from).trim())
    from = token.to
  }
  return [...parts, text.slice(from).trim()]
}

function afterQuoted(text: string, at: number): number {
  const quote = text[at]
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === '\\' && quote !== '`') next++
    else if (text[next] === quote) return next + 1
  }
  return text.length
}
