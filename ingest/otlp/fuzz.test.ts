import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import { OtlpDecoder } from './decoder.js'
import { encodeOtlp, type OtlpRequest } from './encode.js'
import type { OtlpEncoding } from './options.js'

fc.configureGlobal({ seed: 42 })

const T = 1_700_000_000_000
const times = { startTimeUnixNano: `${T - 1000}000000`, timeUnixNano: `${T}000000` }
const attributes = [{ key: 'a', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '7' }] } } }]

const REQUEST: OtlpRequest = {
  resourceMetrics: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'api' } },
          { key: 'host', value: { stringValue: 'h' } },
        ],
      },
      scopeMetrics: [
        {
          scope: { name: 'lib' },
          metrics: [
            { name: 'g', unit: '1', gauge: { dataPoints: [{ ...times, asDouble: 1.5, attributes }] } },
            {
              name: 'c',
              sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, asInt: '3' }] },
            },
            {
              name: 'h',
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [{ ...times, count: 3, sum: 4, bucketCounts: [1, 2], explicitBounds: [1] }],
              },
            },
            {
              name: 'e',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  { ...times, count: 3, sum: 9, scale: 2, positive: { offset: 3, bucketCounts: [1, 0, 2] } },
                ],
              },
            },
            {
              name: 's',
              summary: { dataPoints: [{ ...times, count: 3, sum: 9, quantileValues: [{ quantile: 0.5, value: 3 }] }] },
            },
          ],
        },
      ],
    },
  ],
}

const SEEDS: Readonly<Record<OtlpEncoding, Uint8Array>> = {
  protobuf: encodeOtlp(REQUEST),
  json: new TextEncoder().encode(JSON.stringify(REQUEST)),
}

const anyEncoding = fc.constantFrom<OtlpEncoding>('protobuf', 'json')

function decode(body: Uint8Array, encoding: OtlpEncoding): RecordingSink {
  const sink = new RecordingSink()
  new OtlpDecoder(new CumulativeHistograms(100, T - 3_600_000)).decode(body, { nowMs: T, encoding }, sink)
  return sink
}

test('random bytes are refused or mean something, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyEncoding, (body, encoding) => {
      decode(body, encoding)
    }),
    { numRuns: 2000 },
  )
})

test('a real request with any bytes changed never throws and never grows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      anyEncoding,
      (changes, encoding) => {
        const body = SEEDS[encoding].slice()
        for (const [at, value] of changes) body[at % body.length] = value
        expect(decode(body, encoding).points.length).toBeLessThan(body.length + 1000)
      },
    ),
    { numRuns: 3000 },
  )
})

test('any JSON value in any place of a request never throws', () => {
  const paths = [...JSON.stringify(REQUEST).matchAll(/"[a-zA-Z]+":("[^"]*"|[0-9.]+|true)/g)]
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
      const text = JSON.stringify(REQUEST)
      const at = path.index + path[0].indexOf(':') + 1
      decode(
        new TextEncoder().encode(text.slice(0, at) + JSON.stringify(value) + text.slice(path.index + path[0].length)),
        'json',
      )
    }),
    { numRuns: 1000 },
  )
})

test('lists nested a hundred thousand deep are refused', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  for (const member of ['timeUnixNano', 'attributes', 'asInt']) {
    const body = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[{"${member}":${deep}}]}}]}]}]}`
    expect(decode(new TextEncoder().encode(body), 'json').refusals).toHaveLength(1)
  }
})
