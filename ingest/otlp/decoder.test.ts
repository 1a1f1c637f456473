import { describe, expect, test } from 'vitest'
import { decodeAs, decodeBoth, gauge, NANOS, newDecoder, requestOf, T, text } from '../../test/decode-otlp.js'
import { RecordingSink } from '../../test/recording-sink.js'

const START = `${T - 60_000}000000`

const kindsOf = (sink: RecordingSink) => [...new Set(sink.points.map(({ kind }) => kind))]

describe('gauges and sums', () => {
  test('a gauge is a reading, of a double or an integer', () => {
    const sink = decodeBoth(requestOf([gauge({ asDouble: 1.5 }), gauge({ asInt: '-7' }), gauge({ asDouble: 0 })]))
    expect(sink.lines()).toEqual([`g{} 1.5 @${T}`, `g{} -7 @${T}`, `g{} 0 @${T}`])
    expect(kindsOf(sink)).toEqual(['sample'])
  })

  test('a cumulative monotonic sum is a reading and ends in _total', () => {
    const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ timeUnixNano: NANOS, asInt: 12 }] }
    const sink = decodeBoth(requestOf([{ name: 'http.requests', unit: '{request}', sum }]))
    expect(sink.lines()).toEqual([`http_requests_total{} 12 @${T}`])
    expect(kindsOf(sink)).toEqual(['sample'])
  })

  test('of a delta sum every point counts', () => {
    const point = { timeUnixNano: NANOS, asDouble: 3 }
    const sink = decodeBoth(
      requestOf([{ name: 'jobs', sum: { aggregationTemporality: 1, dataPoints: [point, point] } }]),
    )
    expect(sink.lines()).toEqual([`jobs{} 3 @${T}`, `jobs{} 3 @${T}`])
    expect(kindsOf(sink)).toEqual(['event'])
  })

  test('a point without a recorded value is a staleness marker; in a delta there is nothing to end', () => {
    const sink = decodeBoth(
      requestOf([
        gauge({ flags: 1 }),
        { name: 'd', sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano: NANOS, flags: 1 }] } },
      ]),
    )
    expect(sink.lines()).toEqual([`g{} stale @${T}`])
    expect(sink.refusals).toEqual([])
  })

  test('times are whole milliseconds, rounded down; a point without one has the time of its arrival', () => {
    const sink = decodeBoth(
      requestOf([gauge({ asInt: 1, timeUnixNano: `${T}999999` }), gauge({ asInt: 2, timeUnixNano: 0 })]),
    )
    expect(sink.points.map(({ timeMs }) => timeMs)).toEqual([T, T + 1000])
  })
})

describe('histograms', () => {
  const point = {
    timeUnixNano: NANOS,
    count: '6',
    sum: 9.5,
    bucketCounts: ['1', '2', '3'],
    explicitBounds: [0.5, 1],
    min: 0,
    max: 5,
  }
  const lines = [
    `h_sum{} 9.5 @${T}`,
    `h_count{} 6 @${T}`,
    `h_bucket{le="0.5"} 1 @${T}`,
    `h_bucket{le="1"} 3 @${T}`,
    `h_bucket{le="+Inf"} 6 @${T}`,
  ]

  test('are classic series: readings if cumulative, occurrences if delta', () => {
    for (const [aggregationTemporality, kind] of [
      [2, 'sample'],
      [1, 'event'],
    ] as const) {
      const sink = decodeBoth(requestOf([{ name: 'h', histogram: { aggregationTemporality, dataPoints: [point] } }]))
      expect(sink.lines()).toEqual(lines)
      expect(kindsOf(sink)).toEqual([kind])
    }
  })

  test('without a sum and without bounds', () => {
    const sink = decodeBoth(
      requestOf([
        { name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: NANOS, count: 4 }] } },
      ]),
    )
    expect(sink.lines()).toEqual([`h_count{} 4 @${T}`, `h_bucket{le="+Inf"} 4 @${T}`])
  })

  test('an attribute le gives way', () => {
    const dataPoints = [{ ...point, attributes: [text('le', 'x')] }]
    const sink = decodeBoth(requestOf([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints } }]))
    expect(sink.lines()).toContain(`h_bucket{le="1"} 3 @${T}`)
  })

  test('without a recorded value end the readings that are known', () => {
    const sink = decodeBoth(
      requestOf([
        { name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [point, { timeUnixNano: NANOS, flags: 1 }] } },
      ]),
    )
    expect(sink.points.filter(({ stale }) => stale)).toHaveLength(5)
  })

  test('whose counts and bounds do not fit are refused', () => {
    const dataPoints = [{ ...point, explicitBounds: [1] }, { ...point, explicitBounds: [2, 1] }, point]
    const sink = decodeBoth(requestOf([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints } }]))
    expect(sink.refusals.map(({ position, reason }) => [position, reason])).toEqual([
      [1, 'h: the histogram has 3 bucket counts, its 1 bounds need 2'],
      [2, 'h: the bounds of the histogram do not ascend'],
    ])
    expect(sink.points).toHaveLength(5)
  })
})

describe('exponential histograms', () => {
  const point = {
    startTimeUnixNano: START,
    timeUnixNano: NANOS,
    count: '5',
    sum: 15,
    scale: 0,
    zeroCount: '1',
    positive: { offset: 1, bucketCounts: ['0', '3'] },
    negative: { offset: -1, bucketCounts: ['1'] },
  }

  test('of a delta become observations that have its count, sum and buckets', () => {
    const sink = decodeBoth(
      requestOf([{ name: 'e', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point] } }]),
    )
    expect(kindsOf(sink)).toEqual(['event'])
    expect(sink.points.map(({ metric, weight }) => [metric, weight])).toEqual([
      ['e', 1],
      ['e', 1],
      ['e', 3],
    ])
    const [negative, zero, positive] = sink.points.map(({ value }) => value)
    expect(zero).toBe(0)
    expect(negative + 3 * positive).toBeCloseTo(15, 9)
    expect(negative < -0.5 && negative >= -1 && positive > 4 && positive <= 8).toBe(true)
  })

  test('if cumulative give readings of count and sum, and the observations since the one before', () => {
    const next = {
      ...point,
      timeUnixNano: `${T + 1000}000000`,
      count: '7',
      sum: 25,
      positive: { offset: 2, bucketCounts: ['5'] },
    }
    const metric = { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point, next] } }
    const sink = decodeBoth(requestOf([metric]))
    const readings = sink.points.filter(({ kind }) => kind === 'sample').map(({ metric: name, value }) => [name, value])
    expect(readings).toEqual([
      ['e_count', 5],
      ['e_sum', 15],
      ['e_count', 7],
      ['e_sum', 25],
    ])
    const observed = sink.points.filter(({ kind, timeMs }) => kind === 'event' && timeMs === T + 1000)
    expect(observed.map(({ value, weight }) => [value.toFixed(9), weight])).toEqual([['5.000000000', 2]])
  })

  test('a request that could not be stored can be sent again', () => {
    const decoder = newDecoder()
    const metric = { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] } }
    const observed = () =>
      decodeAs('protobuf', requestOf([metric]), {}, decoder, new RecordingSink()).points.filter(
        ({ kind }) => kind === 'event',
      ).length
    expect(observed()).toBe(3)
    decoder.takeBack()()
    // A sink of its own has handles of its own.
    const again = new RecordingSink()
    again.epoch = 1
    expect(
      decodeAs('json', requestOf([metric]), {}, decoder, again).points.filter(({ kind }) => kind === 'event'),
    ).toHaveLength(3)
  })

  test('that do not add up are refused', () => {
    const metric = {
      name: 'e',
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [
          { ...point, count: 9 },
          { ...point, scale: 99 },
        ],
      },
    }
    expect(decodeBoth(requestOf([metric])).refusals.map(({ reason }) => reason)).toEqual([
      'e: the count is 9, its buckets hold 5',
      'e: the scale is 99, it must be -10 to 32',
    ])
  })
})

test('a summary is a reading for each quantile, the sum and the count', () => {
  const dataPoints = [
    {
      timeUnixNano: NANOS,
      count: 4,
      sum: 10,
      quantileValues: [
        { quantile: 0.5, value: 2 },
        { quantile: 1, value: 5 },
      ],
    },
  ]
  const sink = decodeBoth(requestOf([{ name: 's', summary: { dataPoints } }]))
  expect(sink.lines()).toEqual([
    `s_sum{} 10 @${T}`,
    `s_count{} 4 @${T}`,
    `s{quantile="0.5"} 2 @${T}`,
    `s{quantile="1"} 5 @${T}`,
  ])
})

describe('refusals count data points', () => {
  test('each point of a metric that cannot be used', () => {
    const point = { timeUnixNano: NANOS, asInt: 1 }
    const sink = decodeBoth(
      requestOf([
        gauge({ asInt: 1 }),
        { name: 'x', sum: { dataPoints: [point, point] } },
        gauge({}),
        { ...gauge({ asInt: 1 }), name: '' },
        gauge({ asInt: 5 }),
      ]),
    )
    expect(sink.refusals.map(({ position, reason }) => [position, reason])).toEqual([
      [2, 'x: the aggregation temporality is 0, it must be 1 (delta) or 2 (cumulative)'],
      [3, 'x: the aggregation temporality is 0, it must be 1 (delta) or 2 (cumulative)'],
      [4, 'g: the data point has neither asDouble nor asInt'],
      [5, 'the metric has no name'],
    ])
    expect(sink.points.map(({ position }) => position)).toEqual([1, 6])
  })

  test('a refused series leaves out its points', () => {
    const sink = new RecordingSink()
    sink.refusedMetrics.add('g')
    expect(decodeAs('protobuf', requestOf([gauge({ asInt: 1 })]), {}, newDecoder(), sink).points).toEqual([])
  })
})

test('series are resolved once, whichever request they come in', () => {
  const decoder = newDecoder()
  const sink = new RecordingSink()
  for (const encoding of ['protobuf', 'protobuf', 'protobuf'] as const) {
    decodeAs(
      encoding,
      requestOf([gauge({ asInt: 1, attributes: [text('a', '1')] }), gauge({ asInt: 1, attributes: [text('a', '2')] })]),
      {},
      decoder,
      sink,
    )
  }
  expect([sink.points.length, sink.resolved]).toEqual([6, 2])
})
