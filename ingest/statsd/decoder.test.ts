import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { StatsdDecoder, type StatsdSettings } from './decoder.js'

const limits = { gaugeStates: 100, statsdSetMembers: 100 }
const NOW = 1_700_000_000_000

const decoderOf = (settings: Partial<StatsdSettings> = {}) => new StatsdDecoder({ limits, ...settings })

function decode(text: string | Uint8Array, settings: Partial<StatsdSettings> = {}) {
  const sink = new RecordingSink()
  const decoder = decoderOf(settings)
  decoder.decode(Buffer.from(text), { nowMs: NOW }, sink)
  const points = sink.points.map(({ series, kind, value, weight }) => `${series} ${kind} ${value} x${weight}`)
  return { sink, decoder, points, counters: decoder.counters }
}

describe('what a line becomes', () => {
  test.each([
    ['counter', 'hits:3|c', 'hits{} event 3 x1'],
    ['sampled counter', 'hits:3|c|@0.1', 'hits{} event 30 x1'],
    ['timer in ms', 'latency:250|ms', 'latency{} event 0.25 x1'],
    ['sampled timer', 'latency:250|ms|@0.25', 'latency{} event 0.25 x4'],
    ['histogram', 'size:250|h', 'size{} event 250 x1'],
    ['distribution', 'size:1.5e3|d|@0.5', 'size{} event 1500 x2'],
    ['gauge', 'depth:7|g', 'depth{} sample 7 x1'],
    ['sampled gauge', 'depth:7|g|@0.1', 'depth{} sample 7 x1'],
    ['DogStatsD tags', 'hits:1|c|#env:prod,zone:a', 'hits{env="prod",zone="a"} event 1 x1'],
    ['a tag with colons', 'hits:1|c|#url:http://x', 'hits{url="http://x"} event 1 x1'],
    ['a repeated tag', 'hits:1|c|#env:a,env:b', 'hits{env="b"} event 1 x1'],
    ['a container', 'hits:1|c|#env:prod|c:abc', 'hits{container_id="abc",env="prod"} event 1 x1'],
    ['a container without tags', 'hits:1|c|@0.5|c:ci-abc', 'hits{container_id="ci-abc"} event 2 x1'],
    ['origin fields', 'hits:1|c|c:abc|e:it-false,pu-1:2|card:low', 'hits{container_id="abc"} event 1 x1'],
    ['SignalFX tags', 'hits.[env=prod,zone=a]total:1|c', 'hits_total{env="prod",zone="a"} event 1 x1'],
    ['Librato tags', 'hits#env=prod:1|c', 'hits{env="prod"} event 1 x1'],
    ['Influx tags', 'hits,env=prod:1|c', 'hits{env="prod"} event 1 x1'],
    ['tag keys', 'hits:1|c|#0a:1,b.c--d/é:2', 'hits{_0a="1",b_c_d__="2"} event 1 x1'],
    ['Windows line ends', 'hits:1|c\r\n', 'hits{} event 1 x1'],
    ['a bad rate', 'hits:3|c|@many', 'hits{} event 3 x1'],
    ['a negative rate', 'size:3|h|@-0.5', 'size{} event 3 x1'],
    ['a rate beyond any weight', 'size:3|h|@1e-320', 'size{} event 3 x1'],
  ])('%s', (_, line, point) => {
    expect(decode(line).points).toEqual([point])
  })

  test('several samples in one line', () => {
    expect(decode('a:1|c:2|g:3|ms|@0.5').points).toEqual(['a{} event 1 x1', 'a{} sample 2 x1', 'a{} event 0.003 x2'])
  })

  test('several values in one DogStatsD sample, read in full and from memory', () => {
    const { points } = decode('a:1:2|h|@0.5|#k:v\na:3:4.5|h|@0.5|#k:v\n')
    expect(points).toEqual([1, 2, 3, 4.5].map((value) => `a{k="v"} event ${value} x2`))
  })

  test('names: dots and dashes become underscores, or stay', () => {
    expect(decode('web.api-v2/hits:1|c').points).toEqual(['web_api_v2/hits{} event 1 x1'])
    expect(decode('web.api-v2/hits:1|c', { names: 'keep' }).points).toEqual(['web.api-v2/hits{} event 1 x1'])
  })

  test('events and service checks are counted and nothing else', () => {
    const { sink, counters } = decode('_e{5,4}:title|text|#env:prod\n_sc|db|0|#env:prod\nhits:1|c\n')
    expect(sink.refusals).toEqual([])
    expect(sink.points).toHaveLength(1)
    expect(counters).toMatchObject({ skipped: 2, samples: 1, lines: 3 })
  })

  test('the time is that of arrival, or what the line says', () => {
    const { sink } = decode('a:1|c|T1656581400\na:2|c\na:3|c|#k:v|T1656581400\na:4|c|#k:v|T9\na:5|c|Tx\n')
    expect(sink.lines()).toEqual([
      'a{} 1 @1656581400000',
      `a{} 2 @${NOW}`,
      'a{k="v"} 3 @1656581400000',
      'a{k="v"} 4 @9000',
      `a{} 5 @${NOW}`,
    ])
  })
})

describe('what is not understood', () => {
  test('is refused with its line and reason, and the rest is kept', () => {
    const { sink, points, counters } = decode('a:1|c\nnonsense\n\nb:x|c\nb:2|c|#urgent,k:v\nc:1|c:2|t:3|c\n')
    expect(points).toEqual(['a{} event 1 x1', 'b{k="v"} event 2 x1', 'c{} event 1 x1', 'c{} event 3 x1'])
    expect(sink.refusals.map(({ position, code, text }) => `${position} ${code} ${text}`)).toEqual([
      '2 TM_LINE_SYNTAX nonsense',
      '4 TM_LINE_SYNTAX b:x|c',
      '5 TM_LINE_SYNTAX b:2|c|#urgent,k:v',
      '6 TM_LINE_SYNTAX c:1|c:2|t:3|c',
    ])
    expect(sink.refusals[1].reason).toBe('the value is not a number')
    expect(sink.refusals[2].reason).toContain('"urgent"')
    expect(counters.tagErrors).toBe(1)
    expect(counters.sampleErrors).toMatchObject({ malformed_line: 1, malformed_value: 1, illegal_event: 1 })
  })

  test('a left-out tag is counted each time its line comes', () => {
    const { sink, counters } = decode('a:1|c|#urgent\na:2|c|#urgent\n')
    expect(counters.tagErrors).toBe(2)
    expect(sink.refusals.map(({ position }) => position)).toEqual([1, 2])
    expect(sink.resolved).toBe(1)
  })

  test('no tag can stand for the metric name', () => {
    expect(decode('a:1|c|#__name__:b').points).toEqual(['a{} event 1 x1'])
  })

  test('a value beyond every float is no number, infinity is one', () => {
    const { points, counters } = decode('a:1e999|g\na:inf|g\na:NaN|h\n')
    expect(points).toEqual(['a{} sample Infinity x1', 'a{} event NaN x1'])
    expect(counters.sampleErrors.malformed_value).toBe(1)
  })

  test('dialects that are off leave their marks in the name, and tags behind |# out', () => {
    const dialects = { dogstatsd: false, signalfx: false, librato: false, influx: false }
    expect(decode('a[k=v]#b,c=d:1|c|#k:v', { dialects }).points).toEqual(['a[k=v]#b,c=d{} event 1 x1'])
  })

  test('a packet made to cost much costs little', () => {
    const started = performance.now()
    decode(`a,${'k=v,'.repeat(8000)}x=y:${'1|c:'.repeat(8000)}1|c`)
    decode(`a:${'1:'.repeat(16_000)}1|ms|#${'bad,'.repeat(8000)}`)
    decode('x\n'.repeat(32_000))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('gauges', () => {
  test('a sign changes the last value, from 0 on', () => {
    expect(decode('a:+5|g\na:-2|g\na:10|g\na:+1|g\n').sink.points.map(({ value }) => value)).toEqual([5, 3, 10, 11])
  })

  test('a sign changes what was last known of the gauge, if someone knows', () => {
    const lastValue = (metric: string) => (metric === 'a' ? 40 : undefined)
    expect(decode('a:+2|g\nb:+2|g\n', { lastValue }).sink.points.map(({ value }) => value)).toEqual([42, 2])
  })

  test('later values of the same ms get a time of their own, as of two points at one time the larger would win', () => {
    const { sink, decoder } = decode('a:5|g\na:3|g\n')
    decoder.decode(Buffer.from('a:2|g'), { nowMs: NOW }, sink)
    decoder.decode(Buffer.from('a:1|g'), { nowMs: NOW + 50 }, sink)
    expect(sink.points.map(({ timeMs, value }) => [timeMs - NOW, value])).toEqual([
      [0, 5],
      [1, 3],
      [2, 2],
      [50, 1],
    ])
  })

  test('a clock set back does not drag the times of the future along', () => {
    const { sink, decoder } = decode('a:5|g')
    decoder.decode(Buffer.from('a:2|g'), { nowMs: NOW - 3_600_000 }, sink)
    expect(sink.points[1].timeMs).toBe(NOW - 3_600_000)
  })

  test('when too many have a state, the least used starts anew', () => {
    const small = { limits: { gaugeStates: 2, statsdSetMembers: 1 } }
    const { sink } = decode('a:1|g\nb:1|g\nc:1|g\na:+1|g\nc:+1|g\n', small)
    expect(sink.points.slice(3).map(({ metric, value }) => [metric, value])).toEqual([
      ['a', 1],
      ['c', 2],
    ])
  })

  test('an infinite change is refused, so that the gauge is not lost for good', () => {
    const { points, counters } = decode('a:1|g\na:+inf|g\na:+1|g\n')
    expect(points).toEqual(['a{} sample 1 x1', 'a{} sample 2 x1'])
    expect(counters.sampleErrors.malformed_value).toBe(1)
  })
})

describe('sets', () => {
  const window = (at: number) => NOW + at

  test('give the number of distinct members at the last ms of their window', () => {
    const { sink, decoder } = decode('users:ann|s|#zone:a\nusers:bob|s|#zone:a\nusers:ann|s|#zone:a\nusers:7|s\n')
    expect(sink.points).toEqual([])
    expect(decoder.isFlushDue(window(0))).toBe(false)
    decoder.flush(window(1), sink)
    expect(sink.lines()).toEqual([`users{zone="a"} 2 @${window(0)}`, `users{} 1 @${window(0)}`])
    decoder.flush(window(20_000), sink)
    expect(sink.points).toHaveLength(2)
  })

  test('begin anew with each window, and traffic alone ends one', () => {
    const { sink, decoder } = decode('users:ann|s')
    decoder.decode(Buffer.from('users:ann|s\nusers:bob|s'), { nowMs: window(12_000) }, sink)
    decoder.flush(window(60_000), sink)
    expect(sink.lines()).toEqual([`users{} 1 @${window(0)}`, `users{} 2 @${window(20_000)}`])
  })

  test('beyond the limits are refused with the key to raise, and the counted ones stay right', () => {
    const { sink, decoder } = decode('a:1|s\na:2|s\na:3|s\na:2|s\nb:1|s\nc:1|s\n', {
      limits: { gaugeStates: 2, statsdSetMembers: 2 },
    })
    expect(sink.refusals.map(({ position, code }) => `${position} ${code}`)).toEqual([
      '3 TM_STATSD_SETS',
      '5 TM_STATSD_SETS',
      '6 TM_STATSD_SETS',
    ])
    expect(sink.refusals[0].hint).toContain('limits.statsdSetMembers')
    expect(sink.refusals[2].hint).toContain('limits.gaugeStates')
    decoder.flush(window(10_000), sink)
    expect(sink.points[0].value).toBe(2)
  })

  test('are an error when they are switched off', () => {
    const { counters } = decode('a:1|s\na:ann|s\n', { sets: false })
    expect(counters.sampleErrors).toMatchObject({ illegal_event: 1, malformed_value: 1 })
  })
})

describe('handles', () => {
  test('a series is resolved once, whatever its values, rates of time and order of lines', () => {
    const { sink } = decode('a:1|c|#k:v\nb:1|g\na:2|c|#k:v\na:3|c|#k:v|T1656581400\nb:+1|g\n')
    expect(sink.resolved).toBe(2)
    expect(sink.points).toHaveLength(5)
  })

  test('are forgotten when the epoch changes, and gauges keep their state', () => {
    const { sink, decoder } = decode('a:1|g')
    sink.epoch++
    decoder.decode(Buffer.from('a:+1|g'), { nowMs: NOW + 5 }, sink)
    expect(sink.resolved).toBe(2)
    expect(sink.points[1].value).toBe(2)
  })

  test('a refused series is asked for again, as another request has to hear of it too', () => {
    const sink = new RecordingSink()
    sink.refusedMetrics.add('a')
    const decoder = decoderOf()
    decoder.decode(Buffer.from('a:1|c\na:1:2|ms\nb:1|c\na:1|c\n'), { nowMs: NOW }, sink)
    expect(sink.resolved).toBe(4)
    expect(sink.points.map(({ metric }) => metric)).toEqual(['b'])
  })
})

describe('laws', () => {
  const word = fc.constantFrom('a', 'b.c', 'é', '[k=v]', '#k=v', ',k=v', '1', '-2.5', '+3', '1e3', 'inf', '0x1')
  const mark = fc.constantFrom(
    ':',
    '|',
    '|c',
    '|g',
    '|ms',
    '|s',
    '|h',
    '|@0.5',
    '|#k:v,x',
    '|T12',
    '|c:id',
    '|e:x',
    '\n',
    '\r',
    ',',
  )
  const shaped = fc.array(fc.oneof(word, mark), { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')))
  const mutated = fc.tuple(shaped, fc.uint8Array({ maxLength: 3 }), fc.nat()).map(([text, noise, at]) => {
    const cut = text.length === 0 ? 0 : at % text.length
    return Buffer.concat([text.subarray(0, cut), noise, text.subarray(cut)])
  })
  const lines = fc.oneof(
    mutated,
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  )

  test('any bytes are decoded without a throw, and each line is counted', () => {
    fc.assert(
      fc.property(lines, (bytes) => {
        const { counters } = decode(bytes)
        const newlines = bytes.filter((byte) => byte === 0x0a).length
        expect(counters.lines).toBe(newlines + (bytes.length > 0 && bytes[bytes.length - 1] !== 0x0a ? 1 : 0))
      }),
      { numRuns: 3000 },
    )
  })

  test('a line says the same when it is remembered as when it is read in full', () => {
    const name = fc.constantFrom('a', 'b.c', 'a[k=v]', 'a#k=v,x', 'a,k=v', 'é')
    // No plus or minus: a relative gauge says something else each time.
    const value = fc.constantFrom('1', '2.5', '3e2', 'inf', 'ann', '', '1:2', '1:2:x', '7|c:3')
    const type = fc.constantFrom('c', 'g', 'ms', 'h', 'd', 's', 't')
    const part = fc.constantFrom(
      '@0.5',
      '@x',
      '#k:v',
      '#k:v,x',
      'T1656581400',
      'Tx',
      'c:id',
      'e:a:b',
      'card:low',
      'z',
      '',
    )
    const line = fc
      .tuple(name, value, type, fc.array(part, { maxLength: 3 }), fc.constantFrom('', '\r'))
      .map(([name, value, type, parts, end]) => `${name}:${[`${value}|${type}`, ...parts].join('|')}${end}`)
    let remembered = 0
    fc.assert(
      fc.property(line, (text) => {
        const sink = new RecordingSink()
        const decoder = decoderOf()
        const decodeOnce = () => {
          const { points, refusals } = sink
          const [pointsBefore, refusalsBefore, resolvedBefore] = [points.length, refusals.length, sink.resolved]
          const before = structuredClone(decoder.counters)
          decoder.decode(Buffer.from(text), { nowMs: NOW }, sink)
          const { tagErrors, samples, sampleErrors } = decoder.counters
          if (points.length > pointsBefore && sink.resolved === resolvedBefore) remembered++
          return {
            points: points
              .slice(pointsBefore)
              .map((point) => ({ ...point, timeMs: point.kind === 'event' ? point.timeMs : 0 })),
            refusals: refusals.slice(refusalsBefore),
            tagErrors: tagErrors - before.tagErrors,
            samples: samples - before.samples,
            sampleErrors: Object.entries(sampleErrors).filter(
              ([reason, count]) => count !== before.sampleErrors[reason as keyof typeof sampleErrors],
            ),
          }
        }
        const [first, second] = [decodeOnce(), decodeOnce()]
        const doubled = first.sampleErrors.map(([reason, count]) => [reason, count * 2])
        expect(second).toEqual({ ...first, sampleErrors: doubled })
      }),
      { numRuns: 5000 },
    )
    expect(remembered).toBeGreaterThan(500)
  })
})
