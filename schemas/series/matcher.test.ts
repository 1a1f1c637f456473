import { describe, expect, test } from 'vitest'
import { Kind } from '../points.js'
import { type Matcher, type MatchOp, seriesPredicate, valuePredicate } from './matcher.js'
import { Series } from './series.js'

const matches = (regex: string, value: string) => valuePredicate({ name: 'l', op: '=~', value: regex })(value)

describe('matchers', () => {
  const series = Series.of('http_requests', { method: 'GET', path: '/api/v1' }, Kind.Sample)
  const holds = (name: string, op: MatchOp, value: string) => seriesPredicate([{ name, op, value }])(series)

  test.each<[string, MatchOp, string, boolean]>([
    ['method', '=', 'GET', true],
    ['method', '=', 'get', false],
    ['method', '!=', 'POST', true],
    ['method', '=~', 'G.*', true],
    ['method', '=~', 'POST|GET', true],
    ['method', '!~', 'P.*', true],
    ['__name__', '=', 'http_requests', true],
    ['__name__', '=~', 'http_.+', true],
    ['absent', '=', '', true],
    ['absent', '!=', '', false],
    ['absent', '=~', '.*', true],
    ['absent', '=~', '.+', false],
  ])('%s%s"%s" is %s', (name, op, value, expected) => {
    expect(holds(name, op, value)).toBe(expected)
  })

  test('must all hold', () => {
    const both: Matcher[] = [
      { name: 'method', op: '=', value: 'GET' },
      { name: 'path', op: '=', value: '/' },
    ]
    expect(seriesPredicate(both)(series)).toBe(false)
    expect(seriesPredicate([])(series)).toBe(true)
  })
})

describe('a regular expression', () => {
  test.each<[string, string[], string[]]>([
    ['api', ['api'], ['apis', 'an api', '']],
    ['a|bc', ['a', 'bc'], ['ab', 'abc', 'c']],
    ['^api$', ['api'], ['apis']],
    ['(a|b)c?', ['a', 'bc'], ['ab']],
    ['', [''], ['a']],
    ['a|', ['a', ''], ['b']],
    ['.*', ['', 'two\nlines', '😀'], []],
  ])('%s matches whole values only', (regex, yes, no) => {
    for (const value of yes) expect(matches(regex, value), value).toBe(true)
    for (const value of no) expect(matches(regex, value), value).toBe(false)
  })

  test.each<[why: string, regex: string, yes: string, no: string]>([
    ['the dot matches a newline', 'a.b', 'a\nb', 'ab'],
    ['unless that is switched off', '(?-s)a.b', 'a-b', 'a\nb'],
    ['the dot is one character, however many bytes it has', '.', '😀', '😀😀'],
    ['flags at the start', '(?i)get', 'GeT', 'put'],
    ['flags inside reach to the end of their group', '(a(?i)b)c', 'aBc', 'aBC'],
    ['flags of a group are its own', '(?i:get)_X', 'GET_X', 'GET_x'],
    ['flags are switched off', '(?i)a(?-i:b)', 'Ab', 'AB'],
    ['case of other letters', '(?i)straße-σ', 'STRAßE-ς', 'STRASSE-σ'],
    ['case in a class', '(?i)[k-m]', 'K', 'n'],
    ['case in a negated class', '(?i)[^k]', 'j', 'K'],
    ['case in a negated escape', '(?i)\\W', '-', 'S'],
    ['named groups', '(?P<verb>GET)', 'GET', 'PUT'],
    ['named groups, as newer RE2 writes them', '(?<verb>GET)', 'GET', 'PUT'],
    ['POSIX classes', '[[:alpha:]_]+', 'aB_', 'a1'],
    ['negated POSIX classes', '[[:^digit:]]+', 'ab', 'a1'],
    ['Unicode categories', '\\pL+', 'äЖ', 'a1'],
    ['categories of two letters', '\\p{Lu}', 'Ж', 'ж'],
    ['scripts', '\\p{Greek}+', 'αβ', 'ab'],
    ['negated categories', '\\PL\\p{^L}', '12', '1a'],
    ['categories in classes', '[\\p{Lu}\\d]+', 'A1', 'a'],
    ['digits are ASCII', '\\d', '7', '٧'],
    ['words are ASCII', '\\w+', 'a_1', 'ä'],
    ['white space has no vertical tab', '\\s', '\t', '\v'],
    ['word boundaries', 'a\\b.*', 'a b', 'ab'],
    ['start and end of the text', '\\Aa\\z', 'a', 'ab'],
    ['quoted text', '\\Qa.b*\\E+', 'a.b**', 'axb'],
    ['escapes that need none', 'a\\-b\\_c\\/', 'a-b_c/', 'abc'],
    ['code points in hex', '\\x41\\x{1F600}', 'A😀', 'A'],
    ['code points in octal', '\\101', 'A', '101'],
    ['a class of characters above U+FFFF', '[😀-😎]', '😃', '😏'],
    ['a class that is everything else', '[^a]', '😀', 'a'],
    ['a bracket that closes nothing', 'a]', 'a]', 'a'],
    ['a bracket first in its class', '[]a]+', 'a]', 'b'],
    ['a dash last in its class', '[a-]+', 'a-', 'b'],
    ['braces that count nothing', 'a{,2}{x}', 'a{,2}{x}', 'aa'],
    ['counts', 'a{2,3}', 'aaa', 'aaaa'],
    ['lazy repetition', '(?U)a+b*?', 'aab', 'b'],
  ])('knows %s: %s', (_, regex, yes, no) => {
    expect(matches(regex, yes)).toBe(true)
    expect(matches(regex, no)).toBe(false)
  })

  test.each([
    '(',
    'a)',
    '[a',
    'a**',
    '*',
    '(?=a)',
    '(?<!a)',
    '\\1',
    '\\8',
    '\\',
    '\\y',
    '[z-a]',
    '[[:nope:]]',
    '\\p{Nope}',
    'a{1001}',
    '(?m)a',
    '\\x{110000}',
    '(?P<a>x)(?P<a>y)',
  ])('%s is refused, as RE2 has no such thing', (regex) => {
    expect(() => matches(regex, '')).toThrow(expect.objectContaining({ code: 'TM_QUERY_REGEX' }))
  })

  test('made to backtrack without end takes no time', () => {
    const value = `${'a'.repeat(4000)}!`
    for (const regex of ['(a+)+', '(a|aa)+', '(.*)*b', '(?i)(a|A)*b', '(\\pL+)*b'])
      expect(matches(regex, value)).toBe(false)
  }, 5000)
})
