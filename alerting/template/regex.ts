import { replacement as expansion } from '../../promql/functions/vector/expand.js'
import { parseRegex } from '../../schemas/series/regex/parse.js'
import { regexSource } from '../../schemas/series/regex/source.js'
import { TemplateError } from './values.js'

/** True if a part of the text matches, as Go's regexp.MatchString. @throws TemplateError */
export function isMatch(pattern: string, text: string): boolean {
  return compiled(pattern).regex.test(text)
}

/** The text with each match replaced, as Go's Regexp.ReplaceAllString: `$1` and `${name}` name groups. @throws TemplateError */
export function replaceAll(pattern: string, replacement: string, text: string): string {
  const { regex, names } = compiled(pattern)
  const expand = expansion(replacement)
  let replaced = ''
  let from = 0
  for (const match of text.matchAll(regex)) {
    // An empty match right behind the one before is none.
    if (match[0] === '' && match.index === from && from > 0) continue
    replaced += text.slice(from, match.index) + expand({ groups: [...match], names }).join('')
    from = match.index + match[0].length
  }
  return replaced + text.slice(from)
}

function compiled(pattern: string): { regex: RegExp; names: readonly string[] } {
  try {
    // A dot matches no newline there, as it does in selectors.
    const { root, names } = parseRegex(`(?-s:${pattern})`)
    return { regex: new RegExp(regexSource(root), 'g'), names }
  } catch (cause) {
    throw new TemplateError(`"${pattern}" is no regular expression: ${(cause as Error).message}`)
  }
}
