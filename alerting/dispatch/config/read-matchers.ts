import type { Matcher } from '../../../schemas/series/matcher.js'
import { type LabelPredicate, labelPredicate, sortedMatchers } from '../match/label-matchers.js'
import { parseMatchers } from '../match/parse-matchers.js'

/** Matchers in the three forms that a configuration may have them in. */
export interface MatcherTexts {
  equal?: Readonly<Record<string, string>>
  regex?: Readonly<Record<string, string>>
  texts?: readonly string[]
}

/** All of them, in the order of keys. @throws Error that says which cannot be understood */
export function readMatchers({ equal = {}, regex = {}, texts = [] }: MatcherTexts): Matcher[] {
  return sortedMatchers([
    ...Object.entries(equal).map(([name, value]) => ({ name, op: '=' as const, value })),
    ...Object.entries(regex).map(([name, value]) => ({ name, op: '=~' as const, value })),
    ...texts.flatMap(parseMatchers),
  ])
}

/** True of labels that satisfy them all. @throws Error, TM_QUERY_REGEX */
export function predicateOf(texts: MatcherTexts): LabelPredicate {
  return labelPredicate(readMatchers(texts))
}
