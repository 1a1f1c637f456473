import { describe, expect, test } from 'vitest'
import type { Matcher } from '../../../schemas/series/matcher.js'
import { labelPredicate, labelsText, matchersText, sortedMatchers } from './label-matchers.js'
import { parseMatcher, parseMatchers } from './parse-matchers.js'

const matcher = (name: string, op: Matcher['op'], value: string): Matcher => ({ name, op, value })

describe('matchers are read as Alertmanager reads them', () => {
  test.each<[string, Matcher[]]>([
    ['', []],
    ['{}', []],
    ['service="api"', [matcher('service', '=', 'api')]],
    ['{service="api"}', [matcher('service', '=', 'api')]],
    ['service = api', [matcher('service', '=', 'api')]],
    ['{foo = "bar", dings != "bums", }', [matcher('foo', '=', 'bar'), matcher('dings', '!=', 'bums')]],
    ['code=~"5.."', [matcher('code', '=~', '5..')]],
    ['code!~5..', [matcher('code', '!~', '5..')]],
    ['foo=""', [matcher('foo', '=', '')]],
    ['foo=', [matcher('foo', '=', '')]],
    [String.raw`say="\"Hi, you\""`, [matcher('say', '=', '"Hi, you"')]],
    [String.raw`path="a\\b\n"`, [matcher('path', '=', 'a\\b\n')]],
    [String.raw`expr=~"\d+"`, [matcher('expr', '=~', String.raw`\d+`)]],
    ['"höst name"="東京"', [matcher('höst name', '=', '東京')]],
    ['🙂=x', [matcher('🙂', '=', 'x')]],
    ['a=b c', [matcher('a', '=', 'b c')]],
    ['{a="b"', [matcher('a', '=', 'b')]],
  ])('%s', (text, expected) => {
    expect(parseMatchers(text)).toEqual(expected)
  })

  test.each(['a', '=b', 'a=="b"', 'a="b" c="d"', '"a=b', 'a="b"c', 'a~b', 'höst', 'a=~"("'])(
    '%s is refused',
    (text) => {
      expect(() => parseMatchers(text)).toThrow()
    },
  )

  test('a filter is one matcher without braces', () => {
    expect(parseMatcher('a="b"')).toEqual(matcher('a', '=', 'b'))
    for (const text of ['{a="b"}', 'a="b",c="d"', '']) expect(() => parseMatcher(text)).toThrow()
  })
})

test('a label that is missing is the empty text', () => {
  const matches = (text: string, labels: Record<string, string>) => labelPredicate(parseMatchers(text))(labels)
  expect(matches('a=""', {})).toBe(true)
  expect(matches('a!="x"', {})).toBe(true)
  expect(matches('a=~".+"', {})).toBe(false)
  expect(matches('constructor=""', {})).toBe(true)
  expect(matches('a=~"x|y",b!~"z.*"', { a: 'y', b: 'az' })).toBe(true)
})

test('matchers and labels are written in one order, whatever order they came in', () => {
  const matchers = [matcher('b', '=~', 'y'), matcher('a', '!=', 'x'), matcher('a', '=', 'x'), matcher('ü b', '=', '"')]
  expect(matchersText(sortedMatchers(matchers))).toBe(String.raw`{a="x",a!="x",b=~"y","ü b"="\""}`)
  expect(labelsText({ b: '2', a: 'x\n' })).toBe(String.raw`{a="x\n", b="2"}`)
})
