import { InvalidArgumentError } from 'commander'
import { matcherJson } from '../alerting/dispatch/http/silence-json.js'
import { parseMatchers } from '../alerting/dispatch/match/parse-matchers.js'
import type { Matcher } from '../schemas/series/matcher.js'

/** Matchers of a command line, one argument after another; a word without an operator is the name of an alert. */
export function matcherArgument(text: string, before: readonly Matcher[] = []): Matcher[] {
  try {
    return [...before, ...parseMatchers(/[=~]/.test(text) ? text : `alertname="${text}"`)]
  } catch (thrown) {
    throw new InvalidArgumentError(`${(thrown as Error).message}.`)
  }
}

/** Matchers as the API takes them. */
export function matchersJson(matchers: readonly Matcher[]) {
  return matchers.map(matcherJson)
}
