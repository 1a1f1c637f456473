import { anchoredRegex } from './regex/anchored.js'
import type { Series } from './series.js'

/** How a matcher compares. */
export type MatchOp = '=' | '!=' | '=~' | '!~'

/** One label matcher of a selector, as in PromQL; `__name__` matches the metric name. Regexes are anchored. */
export interface Matcher {
  name: string
  op: MatchOp
  value: string
}

/** A label has one of these values, as they are. */
export function oneOf(name: string, values: readonly string[]): Matcher {
  if (values.length === 1) return { name, op: '=', value: values[0] }
  return { name, op: '=~', value: values.map(quoted).join('|') }
}

/** A regex that matches a text and no other. */
export function quoted(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
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
  const matches = wholePredicate(wanted)
  return matcher.op === '=~' ? matches : (value) => !matches(value)
}

/** A choice of plain words, which is what dashboards send most, needs no regular expression. */
function wholePredicate(regex: string): (value: string) => boolean {
  if (/^[^\\.+*?()[\]{}^$]*$/.test(regex)) {
    const words = new Set(regex.split('|'))
    return (value) => words.has(value)
  }
  const compiled = anchoredRegex(regex)
  return (value) => compiled.test(value)
}
