import { setFlagsFromString } from 'node:v8'
import { TidemarkError } from '../../errors.js'
import { translateRegex } from './translate.js'

// Backtracking may take a time exponential in the value's length, RE2 never does: V8 is told to go over to its engine
// of linear time where a match backtracks too often. That engine knows neither flags `i` and `u` nor look-around.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

/** Characters of a translated expression: classes of Unicode have thousands, and each use repeats them. */
const MAX_CHARACTERS = 1 << 20

/**
 * A PromQL regex as a JavaScript one: RE2's syntax, fully anchored, the dot matches a newline.
 * @throws TM_QUERY_REGEX
 */
export function anchoredRegex(source: string): RegExp {
  try {
    const translated = translateRegex(source)
    if (translated.length > MAX_CHARACTERS) throw new Error('it is too large')
    return new RegExp(`^(?:${translated})$`)
  } catch (cause) {
    throw new TidemarkError('TM_QUERY_REGEX', { regex: source, reason: (cause as Error).message }, cause)
  }
}
