import type { Matcher, MatchOp } from '../../../schemas/series/matcher.js'

const MATCHER = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*([\s\S]*?)\s*$/

/** Reads matchers whose names are Prometheus's label names and whose values may go without quotes. @throws Error */
export function parseClassicMatchers(text: string): Matcher[] {
  const inner = text.replace(/^\{/, '').replace(/\}$/, '')
  return splitAtCommas(inner).map(parseOne)
}

/** Parts between commas that stand outside of quotes; nothing after the last comma is no part. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = []
  let part = ''
  let isQuoted = false
  let isEscaped = false
  for (const character of text) {
    if (character === ',' && !isQuoted) {
      parts.push(part)
      part = ''
      continue
    }
    if (character === '"') {
      if (!isEscaped) isQuoted = !isQuoted
      isEscaped = false
    } else {
      isEscaped = character === '\\' && !isEscaped
    }
    part += character
  }
  if (part.trim() !== '') parts.push(part.trim())
  return parts
}

function parseOne(text: string): Matcher {
  const match = MATCHER.exec(text)
  if (!match) throw new Error(`${JSON.stringify(text)} is no matcher: write name="value", with =, !=, =~ or !~`)
  return { name: match[1], op: match[2] as MatchOp, value: unescaped(match[3]) }
}

/** `\"`, `\n` and `\\` are escapes; a backslash before anything else is one. */
function unescaped(raw: string): string {
  const isQuoted = raw.startsWith('"')
  const body = isQuoted ? raw.slice(1) : raw
  const inner = /^((?:[^"\\]|\\[\s\S]|\\$)*)("?)$/.exec(body)
  if (!inner || (inner[2] === '"') !== isQuoted) throw new Error(`the value ${raw} has a quote that is not escaped`)
  return inner[1].replaceAll(/\\([\s\S])/g, (both, character: string) => {
    if (character === 'n') return '\n'
    return character === '"' || character === '\\' ? character : both
  })
}
