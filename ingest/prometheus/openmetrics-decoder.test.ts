import { describe, expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { OpenMetricsDecoder } from './openmetrics-decoder.js'

const NOW_MS = 1_700_000_000_000

function decode(text: string | Uint8Array): RecordingSink {
  const sink = new RecordingSink()
  new OpenMetricsDecoder().decode(typeof text === 'string' ? Buffer.from(text) : text, { nowMs: NOW_MS }, sink)
  return sink
}

/** The numbers of the refused lines, of an exposition that ends as it should. */
function refusedLines(...lines: string[]): number[] {
  return decode(`${lines.join('\n')}\n# EOF\n`).refusals.map(({ position }) => position)
}

test('samples become points; times are seconds', () => {
  const sink = decode('# TYPE a counter\na_total{b="c"} 5 1700000000.25\na_created{b="c"} 1 1700000000.25\n# EOF\n')
  expect(sink.refusals).toEqual([])
  expect(sink.lines()).toEqual(['a_total{b="c"} 5 @1700000000250', 'a_created{b="c"} 1 @1700000000250'])
})

describe('the exposition', () => {
  test.each([
    ['without # EOF', 'a 1\n', [2]],
    ['empty', '', [1]],
    ['with text after # EOF', 'a 1\n# EOF\nb 1\n', [3]],
    ['cut off within its last line', 'a 1\nb 12', [2, 3]],
    ['with a blank line', 'a 1\n\n# EOF\n', [2]],
    ['with carriage returns', 'a 1\r\n# EOF\n', [1]],
    ['with a byte order mark', '\ufeffa 1\n# EOF\n', [1]],
    ['that ends at # EOF without a line feed', 'a 1\n# EOF', []],
  ])('%s', (_, text, refused) => {
    expect(decode(text).refusals.map(({ position }) => position)).toEqual(refused)
  })

  test('a line that is not UTF-8 is refused, the next is read', () => {
    const sink = decode(Buffer.concat([Buffer.from('a{b="'), Buffer.from([0xff]), Buffer.from('"} 1\nc 1\n# EOF\n')]))
    expect(sink.refusals).toMatchObject([{ position: 1 }])
    expect(sink.lines()).toEqual([`c{} 1 @${NOW_MS}`])
  })

  test('nothing is taken from the cut-off line, which may hold half of a number', () => {
    expect(decode('a 1\nb 12').lines()).toEqual([`a{} 1 @${NOW_MS}`])
  })
})

describe('a sample line that breaks the grammar is refused', () => {
  test.each([
    'a  1',
    ' a 1',
    'a 1 ',
    'a\t1',
    'a',
    'a{b="c"}1',
    'a {b="c"} 1',
    'a{b="c",} 1',
    'a{ b="c"} 1',
    'a{b="c"',
    'a{b="c} 1',
    'a{0b="c"} 1',
    'a{b:c="c"} 1',
    'a.b 1',
    'a-b 1',
    '{"a"} 1',
    'a{"b"="c"} 1',
    'a 0x10',
    'a 1_000',
    'a 1e',
    'a .',
    'a 1e999',
    'a 1 2 3',
    'a 1 1e',
    'a 1 +Inf',
    '# a comment',
    '#TYPE a gauge',
    '# TYPE  a gauge',
    '# TYPE a gauge ',
    '# TYPE a GAUGE',
    '# TYPE a',
    '# TYPE a.b gauge',
    '# HELP a',
    '# HELP a lone \\',
    '# UNIT a_per-s per-s',
    '# eof',
  ])('%j', (line) => {
    expect(refusedLines(line)).toEqual([1])
  })

  test.each([
    'a +1',
    'a -.5',
    'a 1.',
    'a 1E5',
    'a INF',
    'a -infinity',
    'a nan',
    'a 1 -1.5',
    '_a:b 1',
    'a{b="\\"",c="d"} 1',
  ])('but %j is fine', (line) => expect(refusedLines(line)).toEqual([]))
})

describe('metadata', () => {
  test.each([
    ['twice', ['# TYPE a gauge', '# TYPE a gauge'], [2]],
    ['after samples', ['# TYPE a gauge', 'a 1', '# HELP a x'], [3]],
    ['in any order', ['# HELP a_s x', '# UNIT a_s s', '# TYPE a_s gauge', 'a_s 1'], []],
    ['with a unit that the name does not end with', ['# UNIT a s'], [1]],
    ['with a unit that is not set off', ['# UNIT as s'], [1]],
    ['with a unit for an info', ['# TYPE a_s info', '# UNIT a_s s'], [2]],
    ['with a unit before the type stateset', ['# UNIT a_s s', '# TYPE a_s stateset'], [2]],
    ['of a family that stood before', ['# TYPE a gauge', '# TYPE b gauge', '# HELP a x'], [3]],
    ['whose suffixed names are taken', ['a_total 1', '# TYPE a counter'], [2]],
    ['whose name is taken by an earlier suffix', ['# TYPE a counter', '# TYPE a_created gauge'], [2]],
  ])('%s', (_, lines, refused) => {
    expect(refusedLines(...lines)).toEqual(refused)
  })
})

describe('samples of a type', () => {
  test.each([
    ['counter', 'a 1', false],
    ['counter', 'a_total -1', false],
    ['counter', 'a_total NaN', false],
    ['counter', 'a_total +Inf', true],
    ['counter', 'a_created NaN', false],
    ['gauge', 'a -1', true],
    ['summary', 'a 1', false],
    ['summary', 'a{quantile="1.1"} 1', false],
    ['summary', 'a{quantile="NaN"} 1', false],
    ['summary', 'a{quantile="0.9"} NaN', true],
    ['summary', 'a{quantile="0.9"} -1', false],
    ['summary', 'a_count 1.5', false],
    ['summary', 'a_sum -1', false],
    ['stateset', 'a 1', false],
    ['stateset', 'a{a="x"} 0.5', false],
    ['stateset', 'a{a="x"} 1', true],
    ['info', 'a_info{b="c"} 1', true],
    ['info', 'a_info{b="c"} 0', false],
    ['histogram', 'a_bucket 1', false],
    ['histogram', 'a_bucket{le="NaN"} 1', false],
    ['histogram', 'a_bucket{le="+INF"} 1', false],
    ['histogram', 'a_bucket{le="+Inf"} 1.5', false],
    ['histogram', 'a_bucket{le="+Inf"} 1', true],
    ['histogram', 'a{le="+Inf"} 1', false],
  ])('%s: %s', (type, line, isValid) => {
    expect(refusedLines(`# TYPE a ${type}`, line)).toEqual(isValid ? [] : [2])
  })
})

describe('a histogram', () => {
  const bucket = (le: string, value: number) => `a_bucket{le="${le}"} ${value}`

  test.each([
    ['without +Inf', [bucket('1', 0)]],
    ['with buckets out of order', [bucket('2', 0), bucket('1', 0), bucket('+Inf', 0)]],
    ['with a bucket twice', [bucket('1', 0), bucket('1.0', 0), bucket('+Inf', 0)]],
    ['with buckets that are not cumulative', [bucket('1', 2), bucket('+Inf', 1)]],
    ['with another count than its +Inf bucket', [bucket('+Inf', 1), 'a_count 2', 'a_sum 1']],
    ['with a count but no sum', [bucket('+Inf', 1), 'a_count 1']],
    ['with a sum but no count', [bucket('+Inf', 1), 'a_sum 1']],
    ['with a sum in spite of negative buckets', [bucket('-1', 0), bucket('+Inf', 1), 'a_count 1', 'a_sum 1']],
    ['with a count but no buckets', ['a_count 1', 'a_sum 1']],
  ])('%s is refused as a whole, under its first line', (_, lines) => {
    const sink = decode(['# TYPE a histogram', ...lines, '# TYPE b gauge', 'b 1', '# EOF', ''].join('\n'))
    expect(sink.refusals).toMatchObject([{ position: 2, text: lines[0] }])
    expect(sink.lines()).toEqual([`b{} 1 @${NOW_MS}`])
  })

  test('is judged anew for each label set and each time', () => {
    const point = (labels: string, time: string, count: number) => [
      `a_bucket{${labels}le="+Inf"} ${count}${time}`,
      `a_count{${labels}} ${count}${time}`.replace(',}', '}'),
      `a_sum{${labels}} 1${time}`.replace(',}', '}'),
    ]
    const lines = [...point('h="x",', ' 1', 5), ...point('h="x",', ' 2', 3), ...point('h="y",', '', 1)]
    expect(refusedLines('# TYPE a histogram', ...lines)).toEqual([])
  })

  test('of gauges may have a negative sum only with negative buckets', () => {
    const gauges = ['# TYPE a gaugehistogram', bucket('+Inf', 1), 'a_gcount 1', 'a_gsum -1']
    expect(refusedLines(...gauges)).toEqual([2])
    expect(refusedLines(gauges[0], bucket('-1', 1), ...gauges.slice(1))).toEqual([])
  })
})

describe('metrics and their points', () => {
  test.each([
    ['interleaved label sets', ['# TYPE a gauge', 'a{x="1"} 1', 'a{x="2"} 1', 'a{x="1"} 1'], [4]],
    ['interleaved families', ['# TYPE a gauge', 'a 1', 'b 1', 'a 2'], [4]],
    ['a sample twice', ['# TYPE a gauge', 'a 1', 'a 2'], [3]],
    ['a sample twice, its labels in another order', ['a{b="1",c="2"} 1', 'a{c="2",b="1"} 1'], [2]],
    ['equal timestamps', ['# TYPE a gauge', 'a 1 5', 'a 2 5'], []],
    ['timestamps that go back', ['# TYPE a gauge', 'a 1 5', 'a 2 4'], [3]],
    ['timestamps here and there', ['# TYPE a gauge', 'a 1 5', 'a 2'], [3]],
    ['timestamps that go back in another metric', ['a{x="1"} 1 5', 'a{x="2"} 1 4'], []],
    ['an empty label, which is none', ['a{x=""} 1', 'a 1'], [2]],
    ['states of a stateset', ['# TYPE a stateset', 'a{a="x"} 1', 'a{a="y"} 0', 'a{a="x"} 0'], [4]],
  ])('%s', (_, lines, refused) => {
    expect(refusedLines(...lines)).toEqual(refused)
  })
})

describe('exemplars', () => {
  const on = (exemplar: string) =>
    refusedLines('# TYPE a histogram', `a_bucket{le="1"} 1${exemplar}`, 'a_bucket{le="+Inf"} 1')

  test.each([
    [' # {} 0.5', true],
    [' # {trace_id="x # y"} 0.5 1700000000.5', true],
    [`  # {} 0.5`, false],
    [' #{} 0.5', false],
    [' # 0.5', false],
    [' # {}', false],
    [' # {} 0.5 x', false],
    [' # {} 0.5 1 1', false],
    [' # {a="1",a="2"} 0.5', false],
    [' # {} 1.5', false],
    [` # {a="${'☃'.repeat(127)}"} 0.5`, true],
    [` # {a="${'☃'.repeat(128)}"} 0.5`, false],
  ])('%j', (exemplar, isValid) => {
    expect(on(exemplar).length === 0).toBe(isValid)
  })

  test('stand on counters and buckets only', () => {
    expect(
      refusedLines('# TYPE a counter', 'a_total 1 # {} 1', 'a_created 1 # {} 1', '# TYPE b gauge', 'b 1 # {} 1'),
    ).toEqual([3, 5])
  })
})

test('a zero byte is valid OpenMetrics but no series can hold it', () => {
  const sink = decode('# HELP a x\0y\na{b="\0"} 1\n# EOF\n')
  expect(sink.refusals).toMatchObject([{ position: 2, code: 'TM_SERIES_ZERO_BYTE' }])
})
