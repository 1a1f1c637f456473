import { describe, expect, test } from 'vitest'
import { gauge, NANOS, newDecoder, requestOf, T } from '../../test/decode-otlp.js'
import { RecordingSink } from '../../test/recording-sink.js'
import { encodeOtlp } from './encode.js'

test('protobuf: what stands above the points may come behind them, and attributes need not stand together', () => {
  const message = (tag: string, ...fields: string[]) => {
    const inner = fields.join('')
    return tag + (inner.length / 2).toString(16).padStart(2, '0') + inner
  }
  const attribute = (key: string, value: string) =>
    message(
      '3a',
      message('0a', Buffer.from(key).toString('hex')),
      message('12', message('0a', Buffer.from(value).toString('hex'))),
    )
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE(BigInt(NANOS))
  // NumberDataPoint: attribute a, time_unix_nano, attribute b, as_double 1.
  const point = message(
    '0a',
    attribute('a', 'abc'),
    `19${time.toString('hex')}`,
    attribute('b', 'x'),
    '21000000000000f03f',
  )
  // Metric: Sum { is_monotonic, data_points, aggregation_temporality 2 }, then its name c.
  const metric = message('12', message('3a', '1801', point, '1002'), '0a0163')
  const resource = message(
    '0a',
    message('0a', message('0a', Buffer.from('host').toString('hex')), message('12', message('0a', '68'))),
  )
  const request = message('0a', message('12', metric), resource)
  const sink = new RecordingSink()
  newDecoder().decode(
    Buffer.from(request, 'hex'),
    { nowMs: T, encoding: 'protobuf', promoteResourceAttributes: 'all' },
    sink,
  )
  expect(sink.refusals).toEqual([])
  expect(sink.lines()).toEqual([`c_total{a="abc",b="x",host="h"} 1 @${T}`])
})

describe('JSON', () => {
  const decodeText = (body: string) => {
    const sink = new RecordingSink()
    newDecoder().decode(new TextEncoder().encode(body), { nowMs: T + 1000, encoding: 'json' }, sink)
    return sink
  }
  const inMetric = (metric: string) => `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${metric}]}]}]}`

  test('numbers as text, enums as names, unknown members, nulls and special values', () => {
    const point = `{"timeUnixNano":${NANOS},"asDouble":"Infinity","extra":{"x":1},"attributes":null}`
    const metric = `{"name":"c","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","isMonotonic":true,"dataPoints":[${point}]}}`
    expect(decodeText(inMetric(metric)).lines()).toEqual([`c_total{} Infinity @${T}`])
  })

  test('a bad data point is refused by its number, the others are kept', () => {
    const points = [
      '{"timeUnixNano":"soon","asInt":1}',
      '{"asInt":"1.5"}',
      '7',
      '{"asInt":1,"attributes":[{"key":5}]}',
      `{"timeUnixNano":"${NANOS}","asInt":"4"}`,
    ]
    const sink = decodeText(inMetric(`{"name":"g","gauge":{"dataPoints":[${points.join(',')}]}}`))
    expect(sink.refusals.map(({ position, reason }) => [position, reason])).toEqual([
      [1, 'g: timeUnixNano is "soon", it must be a whole number'],
      [2, 'g: asInt is "1.5", it must be a whole number'],
      [3, 'an item of dataPoints is not an object'],
      [4, 'g: key is not a text'],
    ])
    expect(sink.lines()).toEqual([`g{} 4 @${T}`])
  })

  test('a body that is none is one refusal', () => {
    for (const body of ['', '{', '[]', '"x"', 'null']) {
      expect(decodeText(body).refusals).toMatchObject([{ position: 1, code: 'TM_BODY_SYNTAX' }])
    }
    expect(decodeText('{"resourceMetrics":7}').refusals).toMatchObject([{ reason: 'resourceMetrics is not a list' }])
    expect(decodeText('{}').refusals).toEqual([])
  })
})

test('damaged protobuf keeps what was complete before the damage, and names the byte', () => {
  const whole = encodeOtlp(requestOf([gauge({ asInt: 1 }), gauge({ asInt: 2 })]))
  const broken = whole.slice()
  // The last field is the second point's asInt: give it a wire type that does not exist.
  broken[broken.length - 9] = 0x37
  const sink = new RecordingSink()
  newDecoder().decode(broken, { nowMs: T, encoding: 'protobuf' }, sink)
  expect(sink.lines()).toEqual([`g{} 1 @${T}`])
  expect(sink.refusals).toMatchObject([
    { code: 'TM_BODY_SYNTAX', reason: expect.stringMatching(/OTLP protobuf body .* at byte \d+/) },
  ])
})

test('JSON: half a surrogate pair is refused where a name or a label would hold it, for no UTF-8 can', () => {
  const point = (key: string) =>
    `{"timeUnixNano":"${NANOS}","asDouble":1,"attributes":[{"key":"${key}","value":{"stringValue":"v"}}]}`
  const metric = (name: string, key: string) => `{"name":"${name}","gauge":{"dataPoints":[${point(key)}]}}`
  const metrics = [metric('\\ud800', 'a'), metric('g', '\\udfff'), metric('g', 'a\\ud83d\\ude00')]
  const sink = new RecordingSink()
  const body = Buffer.from(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${metrics.join(',')}]}]}]}`)
  newDecoder().decode(body, { nowMs: T, encoding: 'json' }, sink)
  expect(sink.refusals.map(({ reason }) => reason)).toEqual([
    'name holds half a surrogate pair',
    'g: key holds half a surrogate pair',
  ])
  expect(sink.points).toHaveLength(1)
})
