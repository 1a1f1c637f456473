import { describe, expect, test } from 'vitest'
import type { Expr } from './ast.js'
import { parseExpr, parseMatch } from './parse.js'
import { formatExpr } from './print/format.js'

const name = (value: string) => ({ name: '__name__', op: '=', value })

/** How an expression groups: every operator's operands in parentheses. */
function grouping(expr: Expr): string {
  if (expr.type === 'binary') return `(${grouping(expr.left)} ${expr.op} ${grouping(expr.right)})`
  if (expr.type === 'unary') return `${expr.op}[${grouping(expr.expr)}]`
  return formatExpr(expr)
}

describe('operators group as in Prometheus', () => {
  test.each([
    ['a + b * c', '(a + (b * c))'],
    ['a - b - c', '((a - b) - c)'],
    ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
    ['-1 ^ 2', '-[(1 ^ 2)]'],
    ['2 ^ -1 * 3', '((2 ^ -1) * 3)'],
    ['-a * b', '(-[a] * b)'],
    ['- -1', '1'],
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a == b + c % d atan2 e', '(a == (b + ((c % d) atan2 e)))'],
    ['a AND ON(x) b', '(a and b)'],
    ['a + b offset 5m', '(a + b offset 5m)'],
    ['a / b @ 5', '(a / b @ 5.000)'],
    ['a offset step()*2', '(a offset step() * 2)'],
    ['a offset -2 ^ 2', '(a offset -2s ^ 2)'],
    ['a offset (1m) * 2 + 1 == 3', '(a offset (1m * 2 + 1) == 3)'],
    ['a offset -(1m) * 2', '(a offset -1m * 2)'],
  ])('%s', (text, groups) => {
    expect(grouping(parseExpr(text))).toBe(groups)
  })
})

describe('numbers and durations are one', () => {
  test.each([
    ['0x1F', 31],
    ['0X_1f', 31],
    ['0755', 493],
    ['0899', 899],
    ['1_000.5', 1000.5],
    ['1.', 1],
    ['.5e-3', 0.0005],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['NAN', Number.NaN],
    ['1h30m', 5400],
    ['-1ms', -0.001],
  ])('%s', (text, value) => {
    expect(parseExpr(text)).toMatchObject({ type: 'number', value })
  })

  test.each([
    ['up[90]', 90_000],
    ['up[1.5]', 1500],
    ['up[1m30s]', 90_000],
    ['up[(1m + 30) * 2]', 180_000],
    ['up[-5m + 35m]', 1_800_000],
    ['up[max_of(MIN_OF(5m, 1h), 2 ^ 3)]', 300_000],
    ['up[step() + 1]', 0],
  ])('%s', (text, rangeMs) => {
    expect(parseExpr(text)).toMatchObject({ type: 'matrix', rangeMs })
  })
})

describe('a selector is read', () => {
  test.each([
    ['up', [name('up')], {}],
    ['api_latency:p99', [name('api_latency:p99')], {}],
    ['sum', [name('sum')], {}],
    ['offset offset 1m', [name('offset')], { offsetMs: 60_000 }],
    ['Unless{or="and"}', [{ name: 'or', op: '=', value: 'and' }, name('Unless')], {}],
    ['fill', [name('fill')], {}],
    ['up # as Prometheus writes it', [name('up')], {}],
    ['up offset 1h30m', [name('up')], { offsetMs: 5_400_000 }],
    ['up @ -5 offset -90', [name('up')], { offsetMs: -90_000, at: { timeMs: -5000 } }],
    ['up @ end()', [name('up')], { at: { preprocessor: 'end' } }],
    ['up smoothed', [name('up')], { extent: 'smoothed' }],
  ])('%s', (text, matchers, modifiers) => {
    expect(parseExpr(text)).toMatchObject({ type: 'vector', matchers, ...modifiers })
  })

  test('with every kind of matcher', () => {
    expect(parseMatch('http{a="1",b!="2",c=~"3|4",d!~"5.*",}')).toEqual([
      { name: 'a', op: '=', value: '1' },
      { name: 'b', op: '!=', value: '2' },
      { name: 'c', op: '=~', value: '3|4' },
      { name: 'd', op: '!~', value: '5.*' },
      name('http'),
    ])
  })

  test('with UTF-8 names in quotes', () => {
    expect(parseMatch('{"http.größe", "service.name"=\'a\'}')).toEqual([
      name('http.größe'),
      { name: 'service.name', op: '=', value: 'a' },
    ])
  })

  test('with the escapes of Go strings', () => {
    const matchers = parseMatch(String.raw`a{b="\"\n\x41\101\u00e9\xc3\xa9\\",c='\'"',d=${'`\\n`'}}`)
    expect(matchers.slice(0, 3).map(({ value }) => value)).toEqual(['"\nAAéé\\', '\'"', '\\n'])
  })

  test('at the place it has in the query', () => {
    const expr = parseExpr('rate( up{a="b"}[5m] offset 1m ) + 1')
    expect(expr).toMatchObject({
      left: { args: [{ span: { from: 6, to: 29 }, vector: { span: { from: 6, to: 15 } } }] },
    })
  })
})

test('grouping may stand before or after the operands, and words of the language are labels in it', () => {
  const grouped = { type: 'aggregate', op: 'topk', labels: ['on', 'by', 'a b'], without: true, param: { value: 3 } }
  expect(parseExpr('topk without (on, by, "a b",) (3, up)')).toMatchObject(grouped)
  expect(parseExpr('TOPK(3, up) WITHOUT (on, by, "a b")')).toMatchObject(grouped)
})

test('vector matching is settled by the types of the operands', () => {
  expect(parseExpr('a + 1')).not.toHaveProperty('matching')
  expect(parseExpr('a and b')).toMatchObject({ matching: { cardinality: 'many-to-many' } })
  expect(parseExpr('a == bool on (x) group_left (y) fill_right (-1) fill_left (0) b')).toMatchObject({
    returnBool: true,
    matching: { cardinality: 'many-to-one', labels: ['x'], on: true, include: ['y'], fill: { left: 0, right: -1 } },
  })
})

describe('what cannot be read is refused with its position, in the words of Prometheus', () => {
  test.each([
    ['', 1, 'no expression found in input'],
    ['up down', 4, 'unexpected identifier "down"'],
    ['up{', 4, 'unexpected end of input inside braces'],
    ['up{a="b" c="d"}', 10, 'unexpected identifier "c" in label matching, expected "," or "}"'],
    ['up{a=b}', 6, 'unexpected identifier "b" in label matching, expected string'],
    ['up{a="b}', 6, 'unterminated quoted string'],
    ['(up', 4, 'unclosed left parenthesis'],
    ['up)', 3, "unexpected right parenthesis ')'"],
    ['1 + 😀', 5, "unexpected character: '😀'"],
    ['5mm', 1, 'bad number or duration syntax: "5mm"'],
    ['1e400', 1, 'error parsing number: 1e400 is out of range'],
    ['sum(a by (b))', 7, 'unexpected <by> in aggregation'],
    ['sum by a (b)', 8, 'unexpected identifier "a" in grouping opts, expected "("'],
    ['abs(up,)', 7, 'trailing commas not allowed in function call args'],
    ['nope(up)', 1, 'unknown function with name "nope"'],
    ['up[5m', 6, 'unclosed left bracket'],
    ['up[0]', 4, 'duration must be greater than 0'],
    ['up[5m/0]', 7, 'division by zero'],
    ['up[300y]', 4, 'duration out of range'],
    ['up offset 5m offset 5m', 1, 'offset may not be set multiple times'],
    ['up offset 5m[5m]', 13, 'no offset modifiers allowed before range'],
    ['(up)[5m]', 5, 'ranges only allowed for vector selectors'],
    ['(up) offset 5m', 1, 'offset modifier must be preceded by an instant vector selector or range vector'],
    ['up @ 1 @ 2', 1, '@ <timestamp> may not be set multiple times'],
    ['up @ Inf', 1, 'timestamp out of bounds for @ modifier'],
    ['up anchored smoothed', 1, 'anchored and smoothed modifiers cannot be used together'],
  ])('%s', (text, position, reason) => {
    expect(() => parseExpr(text)).toThrow(`at position ${position}: ${reason}`)
  })
})

describe('what is no sense is refused in the words of Prometheus', () => {
  test.each([
    ['{a=""}', 1, 'vector selector must contain at least one non-empty matcher'],
    ['up{__name__="down"}', 1, 'metric name must not be set twice: "up" or "down"'],
    ['rate(up)', 6, 'expected type range vector in call to function "rate", got instant vector'],
    ['sum(up[5m])', 5, 'expected type instant vector in aggregation expression, got range vector'],
    ['topk("3", up)', 6, 'expected type scalar in aggregation parameter, got string'],
    ['topk(up)', 1, 'wrong number of arguments for aggregate expression provided, expected 2, got 1'],
    ['abs()', 1, 'expected 1 argument(s) in call to "abs", got 0'],
    ['round(up, 1, 2)', 1, 'expected at most 2 argument(s) in call to "round", got 3'],
    ['label_join(up, "a")', 1, 'expected at least 3 argument(s) in call to "label_join", got 2'],
    ['info(up, down)', 10, 'expected label selectors only, got vector selector instead'],
    ['1  == 1', 4, 'comparisons between scalars must use BOOL modifier'],
    ['up +bool 1', 4, 'bool modifier can only be used on comparison operators'],
    ['up[5m] + 1', 1, 'binary expression must contain only scalar and instant vector types'],
    ['up and 1', 1, 'set operator "and" not allowed in binary scalar expression'],
    ['up + on(a) 1', 1, 'vector matching only allowed between instant vectors'],
    ['a and on(x) group_left b', 1, 'no grouping allowed for "and" operation'],
    ['a + on(x) group_left(x) b', 3, 'label "x" must not occur in ON and GROUP clause at once'],
    ['a or fill(0) b', 1, 'filling in missing series not allowed for set operators'],
    ['-"a"', 1, 'unary expression only allowed on expressions of type scalar or instant vector, got "string"'],
    [
      '-up[5m:]',
      1,
      'unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    ],
    ['1[5m:]', 1, 'subquery is only allowed on instant vector, got scalar instead'],
  ])('%s', (text, position, reason) => {
    expect(() => parseExpr(text)).toThrow(`at position ${position}: ${reason}`)
  })

  test.each(['a{b=~"("}', 'a{b!~"*"}'])('%s', (text) => {
    expect(() => parseExpr(text)).toThrow('does not compile')
  })

  test.each(['up[5m]', 'up offset 5m', '(up)', '1', '{a=~".*"}'])('as a match[]: %s', (text) => {
    expect(() => parseMatch(text)).toThrow('the query cannot be read')
  })
})

describe('a query may be as deep as the limit', () => {
  const nested = (levels: number) => `${'('.repeat(levels - 1)}1${')'.repeat(levels - 1)}`
  const chained = (levels: number) => `1${'+1'.repeat(levels - 1)}`
  const ranged = (levels: number) => `up[1${'+1'.repeat(levels - 1)}]`

  test.each([
    ['parentheses', nested],
    ['operators', chained],
    ['arithmetic on durations', ranged],
  ])('and one level more of %s is refused', (_, deep) => {
    expect(() => parseExpr(deep(50), 50)).not.toThrow()
    expect(() => parseExpr(deep(51), 50)).toThrow('the query is nested 51 deep, the limit is 50')
  })

  test.each([
    '(',
    '-',
    '1+',
    '1^',
    'sum(',
    'a[',
    'a[(',
    'a[1+',
    'a offset -',
    '{',
    'x[5m:]',
    '"',
    '))',
    'by ',
    '[5m:]',
  ])('100,000 characters of %s neither hang nor overflow', (piece) => {
    const text = piece.repeat(100_000 / piece.length)
    expect(() => parseExpr(`up ${text}`)).toThrow(/the query (is nested|cannot be read)/)
    expect(() => parseExpr(text)).toThrow(/the query (is nested|cannot be read)/)
  })
})
