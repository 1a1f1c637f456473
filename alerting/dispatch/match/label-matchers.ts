import { type Matcher, type MatchOp, valuePredicate } from '../../../schemas/series/matcher.js'

/** Labels of an alert by name; one that is missing is the empty text. */
export type Labels = Readonly<Record<string, string>>

/** True if labels satisfy every matcher. */
export type LabelPredicate = (labels: Labels) => boolean

/** Characters that a name must not have to stand without quotes. */
const RESERVED = /[\s{}!=~,\\"'`]/

/** Order of matchers of one name and value. */
const OP_ORDER: readonly MatchOp[] = ['=', '!=', '=~', '!~']

/** Compiles matchers once for many label sets. @throws TM_QUERY_REGEX if a regular expression does not compile */
export function labelPredicate(matchers: readonly Matcher[]): LabelPredicate {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: valuePredicate(matcher) }))
  return (labels) => tests.every(({ name, test }) => test(labelValue(labels, name)))
}

/** The value of a label, the empty text if there is none. */
export function labelValue(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name] : ''
}

/** Matchers in the order that keys of routes have: by name, value and operator. */
export function sortedMatchers(matchers: readonly Matcher[]): Matcher[] {
  return [...matchers].sort(
    (a, b) => compare(a.name, b.name) || compare(a.value, b.value) || OP_ORDER.indexOf(a.op) - OP_ORDER.indexOf(b.op),
  )
}

/** Matchers as a user writes them: `{service="api",host=~"db.+"}`. */
export function matchersText(matchers: readonly Matcher[]): string {
  return `{${matchers.map(matcherText).join(',')}}`
}

function matcherText({ name, op, value }: Matcher): string {
  return `${RESERVED.test(name) ? JSON.stringify(name) : name}${op}${quoted(value)}`
}

/** Labels as keys of groups have them: `{region="eu", service="api"}`. */
export function labelsText(labels: Labels): string {
  const names = Object.keys(labels).sort(compare)
  return `{${names.map((name) => `${name}=${quoted(labels[name])}`).join(', ')}}`
}

function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`
}

/** Order of texts by their UTF-16 code units. */
export function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** True if the text is Unicode: half a surrogate pair is none. */
export function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
