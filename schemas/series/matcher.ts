import { TidemarkError } from '../errors.js'
import type { Series } from './series.js'

/** How a matcher compares. */
export type MatchOp = '=' | '!=' | '=~' | '!~'

/** One label matcher of a selector, as in PromQL; `__name__` matches the metric name. Regexes are anchored. */
export interface Matcher {
  name: string
  op: MatchOp
  value: string
}

/** True if the series satisfies every matcher; an absent label is the empty string. */
export type SeriesPredicate = (series: Series) => boolean

/**
 * Compiles matchers once for many series.
 * @throws TM_QUERY_REGEX if a regular expression does not compile
 */
export function seriesPredicate(matchers: readonly Matcher[]): SeriesPredicate {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: valuePredicate(matcher) }))
  return (series) => tests.every(({ name, test }) => test(series.label(name)))
}

/**
 * The test a single matcher makes on a label's value.
 * @throws TM_QUERY_REGEX if a regular expression does not compile
 */
export function valuePredicate(matcher: Matcher): (value: string) => boolean {
  const wanted = matcher.value
  if (matcher.op === '=') return (value) => value === wanted
  if (matcher.op === '!=') return (value) => value !== wanted
  const regex = anchoredRegex(wanted)
  return matcher.op === '=~' ? (value) => regex.test(value) : (value) => !regex.test(value)
}

/**
 * A PromQL regex (RE2 syntax, fully anchored, dot matches newline) as a JavaScript one. Leading flag groups such as
 * `(?i)` become flags.
 */
export function anchoredRegex(source: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source)
  const body = flags ? source.slice(flags[0].length) : source
  const letters = new Set(['s', 'u', ...(flags?.[1] ?? '')])
  const translated = body.replaceAll('(?P<', '(?<').replaceAll('\\z', '$').replaceAll('\\A', '^')
  const letterText = [...letters].join('')
  try {
    return new RegExp(`^(?:${translated})$`, letterText)
  } catch {
    // RE2 allows escapes of characters that need none (`\-`, `\_`), which the strict `u` mode refuses.
    try {
      return new RegExp(`^(?:${translated})$`, letterText.replace('u', ''))
    } catch (cause) {
      throw new TidemarkError('TM_QUERY_REGEX', { regex: source, reason: (cause as Error).message }, cause)
    }
  }
}
