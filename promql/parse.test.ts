import { describe, expect, test } from 'vitest'
import { parseMatch, parseSelector } from './parse.js'

const name = (value: string) => ({ name: '__name__', op: '=', value })

describe('a selector is read', () => {
  test.each([
    ['up', { type: 'vector', matchers: [name('up')], offsetMs: 0 }],
    ['api_latency:p99', { type: 'vector', matchers: [name('api_latency:p99')], offsetMs: 0 }],
    ['sum', { type: 'vector', matchers: [name('sum')], offsetMs: 0 }],
    ['(up)', { type: 'vector', matchers: [name('up')], offsetMs: 0 }],
    ['up # as Prometheus writes it', { type: 'vector', matchers: [name('up')], offsetMs: 0 }],
    ['up offset 1h30m', { type: 'vector', matchers: [name('up')], offsetMs: 5_400_000 }],
    ['up offset -90', { type: 'vector', matchers: [name('up')], offsetMs: -90_000 }],
    ['up @ 1.5', { type: 'vector', matchers: [name('up')], offsetMs: 0, at: { timeMs: 1500 } }],
    ['up @ -5 offset 1m', { type: 'vector', matchers: [name('up')], offsetMs: 60_000, at: { timeMs: -5000 } }],
    ['up @ end()', { type: 'vector', matchers: [name('up')], offsetMs: 0, at: { preprocessor: 'end' } }],
    ['up[5m]', { type: 'matrix', rangeMs: 300_000, vector: { type: 'vector', matchers: [name('up')], offsetMs: 0 } }],
    ['up[0x10]', { type: 'matrix', rangeMs: 16_000, vector: { type: 'vector', matchers: [name('up')], offsetMs: 0 } }],
    [
      'up[1m] offset 1s @ start()',
      {
        type: 'matrix',
        rangeMs: 60_000,
        vector: { type: 'vector', matchers: [name('up')], offsetMs: 1000, at: { preprocessor: 'start' } },
      },
    ],
  ])('%s', (text, expr) => {
    expect(parseSelector(text)).toEqual(expr)
  })

  test('with every kind of matcher', () => {
    expect(parseMatch('http{a="1",b!="2",c=~"3|4",d!~"5.*",}')).toEqual([
      name('http'),
      { name: 'a', op: '=', value: '1' },
      { name: 'b', op: '!=', value: '2' },
      { name: 'c', op: '=~', value: '3|4' },
      { name: 'd', op: '!~', value: '5.*' },
    ])
  })

  test('with UTF-8 names in quotes', () => {
    expect(parseMatch('{"http.größe", "service.name"=\'a\'}')).toEqual([
      name('http.größe'),
      { name: 'service.name', op: '=', value: 'a' },
    ])
  })

  test('with the escapes of Go strings', () => {
    const [, ...rest] = parseMatch(String.raw`a{b="\"\n\x41\101\u00e9\xc3\xa9\\",c='\'"',d=${'`\\n`'}}`)
    expect(rest.map(({ value }) => value)).toEqual(['"\nAAéé\\', '\'"', '\\n'])
  })
})

describe('what cannot be read is refused with its position', () => {
  test.each([
    ['', 1, 'unexpected end of the query'],
    ['up{', 4, 'unexpected end of the query'],
    ['up down', 4, 'unexpected "down"'],
    ['sum(up)', 1, 'only selectors are evaluated yet'],
    ['up + 1', 1, 'only selectors are evaluated yet'],
    ['1', 1, 'only selectors are evaluated yet'],
    ['rate(up[5m])', 1, 'only selectors are evaluated yet'],
    ['up[5m:1m]', 1, 'only selectors are evaluated yet'],
    ['{}', 1, 'at least one matcher'],
    ['{a=~".*"}', 1, 'at least one matcher'],
    ['up{__name__="down"}', 4, 'set twice'],
    ['up{"down"}', 4, 'set twice'],
    ['up offset 1m offset 1m', 21, 'offset is set twice'],
    ['up[0s]', 4, 'longer than 0'],
    ['up[5m * 2]', 4, 'arithmetic on durations'],
    ['up[5m][5m]', 1, 'vector selector only'],
    ['up offset 5m [5m]', 15, 'before offset'],
    [String.raw`up{a="\q"}`, 6, String.raw`unknown escape \q`],
    ['up{a="b', 6, 'not closed'],
  ])('%s', (text, position, reason) => {
    expect(() => parseSelector(text)).toThrow(
      expect.objectContaining({ code: 'TM_QUERY_SYNTAX', details: expect.objectContaining({ position }) }),
    )
    expect(() => parseSelector(text)).toThrow(reason)
  })

  test('a regular expression that does not compile', () => {
    expect(() => parseSelector('up{a=~"("}')).toThrow(expect.objectContaining({ code: 'TM_QUERY_REGEX' }))
  })

  test('a range or an offset where only series are asked for', () => {
    expect(() => parseMatch('up[5m]')).toThrow('plain selector')
    expect(() => parseMatch('up offset 1m')).toThrow('plain selector')
  })
})
