import { TidemarkError } from '../../../schemas/errors.js'
import type { Matcher } from '../../../schemas/series/matcher.js'
import { parseMatcher } from '../match/parse-matchers.js'

/** Matchers of the parameter `filter`. @throws TM_QUERY_PARAMETER */
export function readFilter(texts: readonly string[] = []): Matcher[] {
  return texts.map((text) => {
    try {
      return parseMatcher(text)
    } catch (cause) {
      const details = { name: 'filter', value: JSON.stringify(text.slice(0, 100)), reason: (cause as Error).message }
      throw new TidemarkError('TM_QUERY_PARAMETER', { ...details, fix: 'give a matcher such as service="api"' }, cause)
    }
  })
}
