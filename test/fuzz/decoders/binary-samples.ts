import { compressSync } from 'snappy'
import { encodeOtlp, type OtlpAttribute, type OtlpRequest } from '../../../ingest/otlp/encode.js'
import { encodeWriteRequest } from '../../../ingest/remote-write/encode.js'
import { encodeDictionary } from '../../../schemas/log/dictionary.js'
import { encodeRecord } from '../../../schemas/log/record.js'
import { Kind } from '../../../schemas/points.js'
import { Series } from '../../../schemas/series/series.js'
import { encodeChunk, encodeChunks } from '../../../schemas/windows/chunk.js'
import { batch } from '../../contract/window-fixtures.js'

const T = 1_767_225_600_000

/** Good remote-write requests: floats, staleness, native histograms of every shape. */
export const WRITE_REQUESTS: readonly Uint8Array[] = [
  encodeWriteRequest([
    {
      labels: [
        ['__name__', 'a'],
        ['job', 'api'],
      ],
      samples: [
        { timeMs: T, value: 1 },
        { timeMs: T + 1, value: 'stale' },
      ],
    },
  ]),
  encodeWriteRequest([
    {
      labels: [['__name__', 'h']],
      histograms: [
        {
          timeMs: T,
          schema: 3,
          count: 6,
          sum: 9,
          zeroCount: 1,
          zeroThreshold: 1e-9,
          positive: { spans: [{ offset: -2, length: 2 }], counts: [2, 3] },
          negative: {
            spans: [
              { offset: 0, length: 1 },
              { offset: 3, length: 1 },
            ],
            counts: [1, 1],
          },
        },
        { timeMs: T + 5, schema: 0, count: 0, sum: 'stale' },
        {
          timeMs: T + 9,
          schema: -53,
          count: 3,
          sum: 4,
          isGauge: true,
          customBounds: [0.1, 1, 10],
          positive: { spans: [{ offset: 0, length: 3 }], counts: [1, 1, 1] },
        },
      ],
    },
  ]),
]

/** The same, and other texts, compressed. */
export const SNAPPY_BODIES: readonly Uint8Array[] = [
  ...WRITE_REQUESTS.map((request) => compressSync(Buffer.from(request))),
  compressSync(Buffer.alloc(5000, 'abcd')),
  compressSync(Buffer.from(Array.from({ length: 300 }, (_, i) => (i * i) % 251))),
]

const times = { startTimeUnixNano: `${T - 1000}000000`, timeUnixNano: `${T}000000` }
const attributes: OtlpAttribute[] = [
  { key: 'a', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '7' }] } } },
  { key: 'b.c', value: { kvlistValue: { values: [{ key: 'd', value: { boolValue: true } }] } } },
  { key: 'e', value: { bytesValue: 'AAEC' } },
]
const OTLP: readonly OtlpRequest[] = [
  {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] },
        scopeMetrics: [
          {
            scope: { name: 'lib', version: '1' },
            metrics: [
              { name: 'g', unit: '1', gauge: { dataPoints: [{ ...times, asDouble: 1.5, attributes }] } },
              {
                name: 'c',
                unit: 'By',
                sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, asInt: '3' }] },
              },
              {
                name: 'd',
                sum: {
                  aggregationTemporality: 1,
                  isMonotonic: true,
                  dataPoints: [{ ...times, asInt: '-3', flags: 1 }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
  {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'h',
                histogram: {
                  aggregationTemporality: 1,
                  dataPoints: [
                    { ...times, count: 3, sum: 4, min: 0, max: 2, bucketCounts: [1, 2], explicitBounds: [1] },
                  ],
                },
              },
              {
                name: 'e',
                exponentialHistogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      ...times,
                      count: 3,
                      sum: 9,
                      scale: 2,
                      zeroCount: 1,
                      positive: { offset: 3, bucketCounts: [1, 0, 2] },
                      negative: { offset: -3, bucketCounts: [1] },
                    },
                  ],
                },
              },
              {
                name: 's',
                summary: {
                  dataPoints: [{ ...times, count: 3, sum: 9, quantileValues: [{ quantile: 0.5, value: 3 }] }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
]
export const OTLP_PROTOBUF: readonly Uint8Array[] = OTLP.map(encodeOtlp)
export const OTLP_JSON: readonly Uint8Array[] = OTLP.map((request) => Buffer.from(JSON.stringify(request)))

const SERIES = [
  Series.of('cpu', { host: 'a', region: 'eu' }, Kind.Sample),
  Series.of('requests', { code: '200' }, Kind.EventCounter),
]

function record(timeMs: readonly number[], weight?: number): Uint8Array {
  return encodeRecord({
    dictionary: encodeDictionary(SERIES),
    pointCount: timeMs.length,
    seriesIndex: Uint32Array.from(timeMs, (_, i) => i % SERIES.length),
    timeMs: Float64Array.from(timeMs),
    value: Float64Array.from(timeMs, (_, i) => i / 2),
    weight: weight === undefined ? undefined : Float64Array.from(timeMs, () => weight),
    receivedMs: T,
  })
}

/** Records with and without weights, with times in either width. */
export const RECORDS: readonly Uint8Array[] = [
  record([T, T + 10, T + 20]),
  record([T, T + 10], 10),
  record([T, T - 2 ** 40, T + 1]),
  record([]),
]

const windows = batch(T, 0, [
  { series: SERIES[0], values: [1, 2, 3] },
  { series: SERIES[1], values: [5] },
  { series: SERIES[0], values: [-1, Number.NaN, 0.001, 1e9], stale: 1 },
])

/** Chunks that name series by their bytes and by numbers, with sketches, with each form of column. */
export const CHUNKS: readonly Uint8Array[] = [
  ...encodeChunks(windows),
  encodeChunk(windows, Uint32Array.of(0, 1, 2), Uint32Array.of(3, 4, 9)),
  encodeChunk(windows, Uint32Array.of(1), Uint32Array.of(3)),
  ...encodeChunks(batch(T, 0, [{ series: SERIES[1], values: [7] }])),
]
