import { describe, expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { type ExpositionOptions, PrometheusTextDecoder } from './text-decoder.js'

const NOW_MS = 1_700_000_000_000

function decode(text: string | Uint8Array, options: Partial<ExpositionOptions> = {}): RecordingSink {
  const sink = new RecordingSink()
  const body = typeof text === 'string' ? Buffer.from(text) : text
  new PrometheusTextDecoder().decode(body, { nowMs: NOW_MS, ...options }, sink)
  return sink
}

describe('a sample', () => {
  test('without a timestamp is of now, and is a sample of weight 1', () => {
    const { points } = decode('http_requests_total{method="post",code="200"} 1027\n')
    expect(points).toMatchObject([
      { metric: 'http_requests_total', labels: { code: '200', method: 'post' }, kind: 'sample', weight: 1 },
    ])
    expect(points).toMatchObject([{ timeMs: NOW_MS, value: 1027, position: 1 }])
  })

  test.each([
    ['a 1', 'a{} 1'],
    ['a{} 1', 'a{} 1'],
    ['  a\t1  ', 'a{} 1'],
    ['a {b="c"} 1', 'a{b="c"} 1'],
    ['a{b="c"}1', 'a{b="c"} 1'],
    ['a{ b = "c" , d = "e" , } 1', 'a{b="c",d="e"} 1'],
    ['a{b="}\\"#,{"} 1', 'a{b="}\\"#,{"} 1'],
    ['a{b="x\\\\y\\nz\\q"} 1', 'a{b="x\\\\y\\nz\\\\q"} 1'],
    ['a{b="grüße ☃"} 1', 'a{b="grüße ☃"} 1'],
    ['a{b=""} 1', 'a{} 1'],
    ['{"my.metric"} 1', 'my.metric{} 1'],
    ['{"my.metric","my label"="x",c="d"} 1', 'my.metric{c="d",my label="x"} 1'],
    ['{__name__="a",b="c"} 1', 'a{b="c"} 1'],
    ['job:rate:5m 1', 'job:rate:5m{} 1'],
    ['a 1\r', 'a{} 1'],
    ['a 0.5 # {trace="x"} 0.4 1700000000', 'a{} 0.5'],
  ])('%j is %j', (line, expected) => {
    expect(decode(line).lines()).toEqual([`${expected} @${NOW_MS}`])
  })

  test.each([
    ['NaN', Number.NaN],
    ['+Inf', Infinity],
    ['-Inf', -Infinity],
    ['inf', Infinity],
    ['1.7560473e+07', 17560473],
    ['-4.9e-324', -5e-324],
  ])('value %s', (text, value) => {
    expect(decode(`a ${text}`).points[0].value).toBe(value)
  })

  test('has its timestamp in ms in the text format and in seconds in OpenMetrics', () => {
    expect(decode('a 1 1395066363000').points[0].timeMs).toBe(1395066363000)
    expect(decode('a 1 1395066363.1234', { format: 'openmetrics' }).points[0].timeMs).toBe(1395066363123)
  })

  test('has no timestamp if those in the body are ignored', () => {
    expect(decode('a 1 1395066363000', { ignoreTimestamps: true }).points[0].timeMs).toBe(NOW_MS)
  })
})

test('comments, metadata, blank lines and # EOF are passed over', () => {
  const text = '# HELP a Some help.\n# TYPE a gauge\n\n#comment\n   \na 1\n# EOF\n\r\nb 2\n'
  const sink = decode(text)
  expect(sink.lines()).toEqual([`a{} 1 @${NOW_MS}`, `b{} 2 @${NOW_MS}`])
  expect(sink.points.map(({ position }) => position)).toEqual([6, 9])
  expect(sink.refusals).toEqual([])
})

test('the last line needs no line feed', () => {
  expect(decode('a 1\nb 2').points).toHaveLength(2)
})

test('bad lines are refused by their number, the good ones around them are kept', () => {
  const sink = decode('a 1\nb{x="1" 2\nc 3\nd four\n0e 5\nf 6 7 8\ng{x=1} 1\nh 1 0.5\ni{a="1",a="2"} 1\nj\nk 1\n')
  expect(sink.lines()).toEqual([`a{} 1 @${NOW_MS}`, `c{} 3 @${NOW_MS}`, `k{} 1 @${NOW_MS}`])
  expect(sink.refusals.map(({ position, text }) => `${position}: ${text}`)).toEqual([
    '2: b{x="1" 2',
    '4: d four',
    '5: 0e 5',
    '6: f 6 7 8',
    '7: g{x=1} 1',
    '8: h 1 0.5',
    '9: i{a="1",a="2"} 1',
    '10: j',
  ])
  expect(sink.refusals.every(({ code }) => code === 'TM_LINE_SYNTAX')).toBe(true)
})

test('a line with bytes that are not UTF-8 is refused', () => {
  const sink = decode(Buffer.from([...Buffer.from('a{b="'), 0xff, ...Buffer.from('"} 1\nc 1\n')]))
  expect(sink.refusals).toMatchObject([{ position: 1, reason: expect.stringContaining('UTF-8') }])
  expect(sink.points).toHaveLength(1)
})

test('a zero byte in a label is refused, since it separates the parts of a series', () => {
  expect(decode('a{b="\0"} 1\n').refusals).toMatchObject([{ position: 1, code: 'TM_SERIES_ZERO_BYTE' }])
})

test('a refused line is told in part only', () => {
  expect(decode(`a{${'x'.repeat(5000)} 1\n`).refusals[0].text!.length).toBeLessThanOrEqual(200)
})

describe('known series', () => {
  test('are resolved once, however often and in whichever request they come', () => {
    const sink = new RecordingSink()
    const decoder = new PrometheusTextDecoder()
    const body = Buffer.from('a{b="c"} 1\na{b="c"} 2 1700000000001\n')
    decoder.decode(body, { nowMs: NOW_MS }, sink)
    decoder.decode(body, { nowMs: NOW_MS }, sink)
    expect(sink.points).toHaveLength(4)
    expect(sink.resolved).toBe(1)
  })

  test('are forgotten when the sink says that handles are void', () => {
    const sink = new RecordingSink()
    const decoder = new PrometheusTextDecoder()
    decoder.decode(Buffer.from('a 1\n'), { nowMs: NOW_MS }, sink)
    sink.epoch++
    decoder.decode(Buffer.from('a 1\n'), { nowMs: NOW_MS }, sink)
    expect(sink.resolved).toBe(2)
  })

  test('a refused series is asked for again, and the other lines are read', () => {
    const sink = new RecordingSink()
    sink.refusedMetrics.add('a')
    const decoder = new PrometheusTextDecoder()
    decoder.decode(Buffer.from('a 1\nb 1\n'), { nowMs: NOW_MS }, sink)
    sink.refusedMetrics.clear()
    decoder.decode(Buffer.from('a 2\n'), { nowMs: NOW_MS }, sink)
    expect(sink.lines()).toEqual([`b{} 1 @${NOW_MS}`, `a{} 2 @${NOW_MS}`])
  })

  test('a line with a bad value makes no series', () => {
    expect(decode('a{b="c"} x\n').resolved).toBe(0)
  })
})
