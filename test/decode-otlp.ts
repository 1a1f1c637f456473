import { expect } from 'vitest'
import { CumulativeHistograms } from '../ingest/histogram/cumulative.js'
import { OtlpDecoder } from '../ingest/otlp/decoder.js'
import { encodeOtlp, type OtlpAttribute, type OtlpMetric, type OtlpRequest } from '../ingest/otlp/encode.js'
import type { OtlpEncoding, OtlpOptions } from '../ingest/otlp/options.js'
import { RecordingSink } from './recording-sink.js'

/** Time of the points of {@link gauge}, ms; requests arrive a second later. */
export const T = 1_700_000_000_000

/** The same in nanoseconds, as OTLP/JSON writes it. */
export const NANOS = `${T}000000`

/** An attribute with a text. */
export const text = (key: string, stringValue: string): OtlpAttribute => ({ key, value: { stringValue } })

/** A gauge `g` with one data point at {@link T}. */
export const gauge = (point: object): OtlpMetric => ({
  name: 'g',
  gauge: { dataPoints: [{ timeUnixNano: NANOS, ...point }] },
})

/** A request of one resource and one scope. */
export const requestOf = (metrics: OtlpMetric[], resource: OtlpAttribute[] = []): OtlpRequest => ({
  resourceMetrics: [
    { resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 'lib', version: '2' }, metrics }] },
  ],
})

/** A decoder that was made an hour before {@link T}. */
export const newDecoder = (): OtlpDecoder => new OtlpDecoder(new CumulativeHistograms(100, T - 3_600_000))

/** Decodes a request in one encoding. */
export function decodeAs(
  encoding: OtlpEncoding,
  request: OtlpRequest,
  options: Partial<OtlpOptions> = {},
  decoder = newDecoder(),
  sink = new RecordingSink(),
): RecordingSink {
  const body = encoding === 'json' ? new TextEncoder().encode(JSON.stringify(request)) : encodeOtlp(request)
  decoder.decode(body, { nowMs: T + 1000, encoding, ...options }, sink)
  return sink
}

/** Decodes a request in both encodings. @throws if they do not say the same */
export function decodeBoth(request: OtlpRequest, options: Partial<OtlpOptions> = {}): RecordingSink {
  const sink = decodeAs('protobuf', request, options)
  const fromJson = decodeAs('json', request, options)
  expect(fromJson.points).toEqual(sink.points)
  expect(fromJson.refusals).toEqual(sink.refusals)
  return sink
}
