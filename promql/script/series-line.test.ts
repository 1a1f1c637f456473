import { describe, expect, test } from 'vitest'
import type { ScriptItem } from './command.js'
import { parseScriptNumber, parseSeriesLine } from './series-line.js'

const values = (items: readonly ScriptItem[]) =>
  items.map((item) => {
    if (!item) return '_'
    if ('histogram' in item) return `count ${item.histogram.count}`
    return item.stale ? 'stale' : item.value
  })
const read = (text: string) => values(parseSeriesLine(`x ${text}`).items)

describe('items of a series line', () => {
  test.each<[string, unknown[]]>([
    ['1 2.5 -3 +4 1e3 .5', [1, 2.5, -3, 4, 1000, 0.5]],
    ['NaN Inf +Inf -Inf inf', [NaN, Infinity, Infinity, -Infinity, Infinity]],
    ['1 _ _x3 2', [1, '_', '_', '_', '_', 2]],
    ['7x2', [7, 7, 7]],
    ['0x3', [0, 0, 0, 0]],
    ['1+2x3', [1, 3, 5, 7]],
    ['5-1x3', [5, 4, 3, 2]],
    ['-5+2x2', [-5, -3, -1]],
    ['1e3+1e2x1', [1000, 1100]],
    ['stale 1', ['stale', 1]],
    ['{{count:2 buckets:[1 1]}}', ['count 2']],
    ['{{count:2}}x2 3', ['count 2', 'count 2', 'count 2', 3]],
    ['{{count:2}}+{{count:3}}x2', ['count 2', 'count 5', 'count 8']],
    ['{{count:8}}-{{count:3}}x2', ['count 8', 'count 5', 'count 2']],
    ['', []],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })

  test('a ramp of counters that goes down stays a counter', () => {
    const { items } = parseSeriesLine('x {{count:8}}-{{count:3}}x1')
    expect(items.map((item) => item && 'histogram' in item && item.histogram.counterReset)).toEqual([
      'unknown',
      'unknown',
    ])
  })

  test.each(['1y', '1x', '1+2', '_x0', '{{count:1', '{{count:1}}+{{count:1}}', '{{count:1}}2', 'abc', '1x9999999'])(
    '%s is refused',
    (text) => {
      expect(() => read(text)).toThrow()
    },
  )
})

describe('labels of a series line', () => {
  test.each<[string, [string, string][]]>([
    ['up', [['__name__', 'up']]],
    ['job:up:sum{} 1', [['__name__', 'job:up:sum']]],
    ['{} 1', []],
    [
      'up{b="2",a="1",} 1',
      [
        ['__name__', 'up'],
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      '{__name__="up", a=\'1\'} 1',
      [
        ['__name__', 'up'],
        ['a', '1'],
      ],
    ],
    [
      '{"a.b", "c d"="x\\ny"} 1',
      [
        ['__name__', 'a.b'],
        ['c d', 'x\ny'],
      ],
    ],
    [
      'up{a="}", b="{{"} 1',
      [
        ['__name__', 'up'],
        ['a', '}'],
        ['b', '{{'],
      ],
    ],
    ['up{a=""} 1', [['__name__', 'up']]],
  ])('%s', (line, expected) => {
    expect(parseSeriesLine(line).labels).toEqual(expected)
  })

  test.each(['{a} 1', 'up{a="1" b="2"} 1', 'up{a="1", a="2"} 1', 'up{', 'up{a=1} 1', '1 2'])(
    '%s is refused',
    (line) => {
      expect(() => parseSeriesLine(line)).toThrow()
    },
  )
})

test('numbers are those of Go', () => {
  const texts = ['0x1F', '-0x10', '010', '0o17', '0b11', '1e3', '+Inf', 'nan', '5.', 'up', '', '1 2']
  expect(texts.map(parseScriptNumber)).toEqual([
    31,
    -16,
    8,
    15,
    3,
    1000,
    Infinity,
    NaN,
    5,
    undefined,
    undefined,
    undefined,
  ])
})
