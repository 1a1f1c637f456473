import { ANY, type CodePoints, codePoints, satisfying } from './code-points.js'

/** Sets that have a name in RE2's syntax (github.com/google/re2/wiki/Syntax). */

const set = (members: string): CodePoints =>
  codePoints(
    [...members.matchAll(/(.)-(.)|(.)/gsu)].flatMap(([, from, to, one]) => [
      (from ?? one).codePointAt(0)!,
      (to ?? one).codePointAt(0)!,
    ]),
  )

const DIGIT = set('0-9')
const WORD = set('0-9A-Za-z_')

/** `\d`, `\s`, `\w`: ASCII only. */
const PERL: ReadonlyMap<string, CodePoints> = new Map([
  ['d', DIGIT],
  ['s', set('\t\n\f\r ')],
  ['w', WORD],
])

/** `[:alpha:]` and the others: ASCII only. */
const POSIX: ReadonlyMap<string, CodePoints> = new Map([
  ['alnum', set('0-9A-Za-z')],
  ['alpha', set('A-Za-z')],
  ['ascii', codePoints([0, 0x7f])],
  ['blank', set('\t ')],
  ['cntrl', codePoints([0, 0x1f, 0x7f, 0x7f])],
  ['digit', DIGIT],
  ['graph', codePoints([0x21, 0x7e])],
  ['lower', set('a-z')],
  ['print', codePoints([0x20, 0x7e])],
  ['punct', codePoints([0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e])],
  ['space', set('\t\n\v\f\r ')],
  ['upper', set('A-Z')],
  ['word', WORD],
  ['xdigit', set('0-9A-Fa-f')],
])

/** The set of `\d`, `\s` or `\w`, undefined for other letters. */
export function perlClass(letter: string): CodePoints | undefined {
  return PERL.get(letter)
}

/** The set of `[:name:]`, undefined if there is none of that name. */
export function posixClass(name: string): CodePoints | undefined {
  return POSIX.get(name)
}

const unicodeSets = new Map<string, CodePoints>([['Any', ANY]])

/** The set of `\p{name}`: a general category (`L`, `Lu`) or a script (`Greek`); undefined if there is none of that name. */
export function unicodeClass(name: string): CodePoints | undefined {
  const known = unicodeSets.get(name)
  if (known) return known
  const property = /^[A-Z][a-z]?$/.test(name) ? `General_Category=${name}` : `Script=${name}`
  if (!/^\w+=\w+$/.test(property)) return undefined
  let test: RegExp
  try {
    test = new RegExp(`\\p{${property}}`, 'u')
  } catch {
    return undefined
  }
  const found = satisfying((character) => test.test(character))
  unicodeSets.set(name, found)
  return found
}
