import type { Matcher } from '../../../schemas/series/matcher.js'
import { valuePredicate } from '../../../schemas/series/matcher.js'
import { parseClassicMatchers } from './parse-classic.js'
import { parseUtf8Matchers } from './parse-utf8.js'

/**
 * Reads matchers as Alertmanager does: `service="api", host=~"db.+"`, in braces or not. The syntax of UTF-8 names goes
 * first; what only the classic one understands, or understands otherwise, is taken as it always was.
 * @throws Error that says what is wrong
 */
export function parseMatchers(text: string): Matcher[] {
  const utf8 = attempt(() => parseUtf8Matchers(text))
  const classic = attempt(() => parseClassicMatchers(text))
  if (utf8 instanceof Error && classic instanceof Error) throw classic
  const chosen = classic instanceof Error ? utf8 : classic
  const matchers = chosen as Matcher[]
  // A regular expression that does not compile is told here, not when the first alert comes.
  for (const matcher of matchers) valuePredicate(matcher)
  return matchers
}

/** Reads one matcher, which has no braces. @throws Error that says what is wrong */
export function parseMatcher(text: string): Matcher {
  if (text.startsWith('{') || text.endsWith('}')) throw new Error(`${text}: one matcher has no braces`)
  const matchers = parseMatchers(text)
  if (matchers.length === 1) return matchers[0]
  throw new Error(`${JSON.stringify(text)} has ${matchers.length} matchers, and one is wanted`)
}

function attempt(read: () => Matcher[]): Matcher[] | Error {
  try {
    return read()
  } catch (error) {
    return error as Error
  }
}
