import { describe, expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import { ProtobufWriter } from '../protobuf/writer.js'
import { RemoteWriteDecoder } from './decoder.js'
import { encodeWriteRequest, type WriteHistogram, type WriteSeries } from './encode.js'

const T = 1_700_000_000_000
const NOW = { nowMs: T }

const newDecoder = () => new RemoteWriteDecoder(new CumulativeHistograms(100, T))

function decode(body: Uint8Array, decoder = newDecoder(), sink = new RecordingSink()): RecordingSink {
  decoder.decode(body, NOW, sink)
  return sink
}

const series = (name: string, value: number | 'stale' = 1, timeMs = T): WriteSeries => ({
  labels: [
    ['__name__', name],
    ['job', 'api'],
  ],
  samples: [{ timeMs, value }],
})

const histogramSeries = (...histograms: WriteHistogram[]): Uint8Array =>
  encodeWriteRequest([{ labels: [['__name__', 'latency']], histograms }])

describe('samples', () => {
  test('bytes by hand: one series, one sample', () => {
    const label = '0a0e' + '0a085f5f6e616d655f5f' + '12027570' // __name__="up"
    const job = '0a0a' + '0a036a6f62' + '1203617069' // job="api"
    const sample = '1210' + '09000000000000f83f' + '1080d095ffbc31' // 1.5 at 1,700,000,000,000 ms
    const body = Buffer.from(`0a2e${label}${job}${sample}`, 'hex')
    expect(decode(body).lines()).toEqual([`up{job="api"} 1.5 @${T}`])
  })

  test('values and times, zero values too, which are not on the wire', () => {
    const body = encodeWriteRequest([
      {
        ...series('up', 1.5),
        samples: [
          { timeMs: T, value: 1.5 },
          { timeMs: T + 1, value: 0 },
          { timeMs: -5, value: -Infinity },
        ],
      },
    ])
    expect(decode(body).lines()).toEqual([
      `up{job="api"} 1.5 @${T}`,
      `up{job="api"} 0 @${T + 1}`,
      `up{job="api"} -Infinity @-5`,
    ])
  })

  test('a staleness marker is one by its bits; another NaN is a value', () => {
    const sink = decode(encodeWriteRequest([series('a', 'stale'), series('b', Number.NaN)]))
    expect(sink.lines()).toEqual([`a{job="api"} stale @${T}`, `b{job="api"} NaN @${T}`])
  })

  test('labels need not be sorted, and need not stand before the samples', () => {
    const writer = new ProtobufWriter()
    const label = (inner: ProtobufWriter, name: string, value: string) =>
      inner.message(1, (pair) => {
        pair.text(1, name)
        pair.text(2, value)
      })
    writer.message(1, (inner) => {
      label(inner, 'z', '1')
      inner.message(2, (sample) => {
        sample.double(1, 4)
        sample.int64(2, T)
      })
      label(inner, '__name__', 'late')
      label(inner, 'a', '2')
    })
    expect(decode(writer.finish()).lines()).toEqual([`late{a="2",z="1"} 4 @${T}`])
  })

  test('exemplars, metadata and unknown fields are passed over', () => {
    const writer = new ProtobufWriter()
    writer.message(3, (metadata) => metadata.text(2, 'up'))
    writer.message(1, (inner) => {
      inner.message(1, (pair) => {
        pair.text(1, '__name__')
        pair.text(2, 'up')
        pair.uint64(9, 7)
      })
      inner.message(2, (sample) => {
        sample.double(1, 4)
        sample.int64(2, T)
        sample.text(99, 'more')
      })
      inner.message(3, (exemplar) => exemplar.double(2, 1))
    })
    expect(decode(writer.finish()).lines()).toEqual([`up{} 4 @${T}`])
  })
})

describe('series are resolved once', () => {
  test('whatever is in them, until the handles expire', () => {
    const decoder = newDecoder()
    const sink = new RecordingSink()
    for (const value of [1, 2, 3]) decode(encodeWriteRequest([series('a', value), series('b', value)]), decoder, sink)
    expect([sink.points.length, sink.resolved]).toEqual([6, 2])
    sink.epoch++
    decode(encodeWriteRequest([series('a')]), decoder, sink)
    expect(sink.resolved).toBe(3)
  })

  test('a refused one is asked for again each time, and its points are left out', () => {
    const decoder = newDecoder()
    const sink = new RecordingSink()
    sink.refusedMetrics.add('a')
    decode(encodeWriteRequest([series('a'), series('b')]), decoder, sink)
    expect(sink.lines()).toEqual([`b{job="api"} 1 @${T}`])
    sink.refusedMetrics.clear()
    decode(encodeWriteRequest([series('a')]), decoder, sink)
    expect(sink.lines()).toHaveLength(2)
  })
})

describe('bad series are refused by their number, the others are kept', () => {
  const samples = [{ timeMs: T, value: 1 }]
  const bad: [string, WriteSeries, string][] = [
    ['no __name__', { labels: [['job', 'api']], samples }, 'the series has no label __name__'],
    ['an empty name', { labels: [['__name__', '']], samples }, 'the series has no label __name__'],
    ['no labels', { labels: [], samples }, 'the series has no labels'],
    ['nothing at all', { labels: [] }, 'the series has no labels'],
    [
      'a label without a name',
      {
        labels: [
          ['__name__', 'a'],
          ['', 'x'],
        ],
        samples,
      },
      'a label has no name',
    ],
    [
      'a label twice',
      {
        labels: [
          ['__name__', 'a'],
          ['x', '1'],
          ['x', '2'],
        ],
        samples,
      },
      'the label x stands twice in one series',
    ],
  ]
  test.each(bad)('%s', (_, badSeries, reason) => {
    const sink = decode(encodeWriteRequest([series('good'), badSeries, series('fine')]))
    expect(sink.refusals).toMatchObject([{ position: 2, reason }])
    expect(sink.points.map(({ metric }) => metric)).toEqual(['good', 'fine'])
  })

  test('invalid UTF-8', () => {
    const writer = new ProtobufWriter()
    writer.message(1, (inner) => {
      inner.message(1, (pair) => {
        pair.text(1, '__name__')
        pair.raw(2, Uint8Array.of(0x61, 0xff))
      })
      inner.message(2, (sample) => sample.double(1, 4))
    })
    expect(decode(writer.finish()).refusals).toMatchObject([
      { position: 1, reason: 'the value of label __name__ is not valid UTF-8' },
    ])
  })
})

test('a damaged message keeps what was complete before the damage, and names the byte', () => {
  const whole = encodeWriteRequest([series('a'), series('b'), series('c')])
  const sink = decode(whole.subarray(0, whole.length - 3))
  expect(sink.points.map(({ metric }) => metric)).toEqual(['a', 'b'])
  expect(sink.refusals).toMatchObject([
    { position: 3, code: 'TM_BODY_SYNTAX', reason: expect.stringMatching(/remote-write body .* at byte \d+/) },
  ])
  expect(decode(Uint8Array.of(0xff)).refusals).toMatchObject([{ position: 1 }])
})

describe('native histograms', () => {
  /** Buckets (1,2] and (4,8] of schema 0: Prometheus's indexes 1 and 3. */
  const cumulative = (timeMs: number, low: number, high: number, sum: number): WriteHistogram => ({
    timeMs,
    schema: 0,
    count: low + high,
    sum,
    positive: {
      spans: [
        { offset: 1, length: 1 },
        { offset: 1, length: 1 },
      ],
      counts: [low, high],
    },
  })

  test('give readings of count and sum, and the observations since the one before', () => {
    const sink = decode(histogramSeries(cumulative(T, 10, 5, 45), cumulative(T + 1000, 11, 7, 45 + 1.5 + 12)))
    const readings = sink.points.filter(({ kind }) => kind === 'sample')
    expect(readings.map(({ metric, value }) => [metric, value])).toEqual([
      ['latency_count', 15],
      ['latency_sum', 45],
      ['latency_count', 18],
      ['latency_sum', 58.5],
    ])
    const events = sink.points.filter(({ kind }) => kind === 'event')
    expect(events.map(({ metric, weight, timeMs }) => [metric, weight, timeMs])).toEqual([
      ['latency', 1, T + 1000],
      ['latency', 2, T + 1000],
    ])
    expect(events.reduce((total, { value, weight }) => total + value * weight, 0)).toBeCloseTo(13.5, 9)
    expect(events[0].value > 1 && events[0].value <= 2 && events[1].value > 4 && events[1].value <= 8).toBe(true)
  })

  test('after a reset count from zero', () => {
    const sink = decode(histogramSeries(cumulative(T, 10, 5, 45), cumulative(T + 1000, 2, 1, 9)))
    expect(sink.points.filter(({ kind }) => kind === 'event').map(({ weight }) => weight)).toEqual([2, 1])
  })

  test('that are gauges stand for themselves', () => {
    const sink = decode(histogramSeries({ ...cumulative(T, 3, 4, 24), isGauge: true }))
    expect(sink.points.map(({ metric, kind, weight }) => [metric, kind, weight])).toEqual([
      ['latency', 'event', 3],
      ['latency', 'event', 4],
    ])
  })

  test('with custom buckets become classic ones', () => {
    const sink = decode(
      histogramSeries({
        timeMs: T,
        schema: -53,
        count: 6,
        sum: 9,
        customBounds: [0.5, 1],
        positive: {
          spans: [
            { offset: 0, length: 1 },
            { offset: 1, length: 1 },
          ],
          counts: [2, 4],
        },
      }),
    )
    expect(sink.lines()).toEqual([
      `latency_sum{} 9 @${T}`,
      `latency_count{} 6 @${T}`,
      `latency_bucket{le="0.5"} 2 @${T}`,
      `latency_bucket{le="1.0"} 2 @${T}`,
      `latency_bucket{le="+Inf"} 6 @${T}`,
    ])
  })

  test('that are stale end their readings', () => {
    const sink = decode(histogramSeries(cumulative(T, 10, 5, 45), { ...cumulative(T + 1000, 0, 0, 0), sum: 'stale' }))
    expect(sink.lines().filter((line) => line.includes('stale'))).toEqual([
      `latency_count{} stale @${T + 1000}`,
      `latency_sum{} stale @${T + 1000}`,
    ])
  })

  test.each([
    [
      'more buckets than counted',
      { spans: [{ offset: 0, length: 9 }], counts: [1] },
      'the spans of the histogram cover more buckets than it has',
    ],
    ['fewer buckets than counted', { spans: [], counts: [15] }, 'the histogram has more buckets than its spans cover'],
    ['a falling count', { spans: [{ offset: 0, length: 2 }], counts: [15, -3] }, 'a bucket of the histogram counts -3'],
    ['the wrong total', { spans: [{ offset: 0, length: 1 }], counts: [4] }, 'the count is 15, its buckets hold 4'],
  ])('with %s are refused', (_, positive, reason) => {
    const sink = decode(histogramSeries({ ...cumulative(T, 10, 5, 45), positive }))
    expect(sink.refusals).toMatchObject([{ position: 1, reason: `latency: ${reason}` }])
    expect(sink.points).toEqual([])
  })
})
