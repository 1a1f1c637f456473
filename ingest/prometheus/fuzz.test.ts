import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { OpenMetricsDecoder } from './openmetrics-decoder.js'
import { PrometheusTextDecoder } from './text-decoder.js'

const VALID = Buffer.from(
  `# HELP a_seconds A \\n histogram
# TYPE a_seconds histogram
# UNIT a_seconds seconds
a_seconds_bucket{h="x\\"y",le="0.5"} 1 # {trace="1"} 0.25 1700000000.5
a_seconds_bucket{h="x\\"y",le="+Inf"} 3
a_seconds_count{h="x\\"y"} 3
a_seconds_sum{h="x\\"y"} 2.5e-1
# TYPE b counter
b_total{} 7 1700000000
c NaN
# EOF
`,
)

/** A valid exposition with bytes overwritten, removed and doubled. */
const mutated = fc
  .array(fc.tuple(fc.nat(VALID.length - 1), fc.constantFrom(...Buffer.from('\n"\\{}#=, \0\r\t1aé')), fc.nat(2)), {
    minLength: 1,
    maxLength: 12,
  })
  .map((edits) =>
    edits.reduce((bytes, [at, byte, length]) => {
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at + length)])
    }, VALID),
  )

const anyBody = fc.oneof(mutated, fc.uint8Array({ maxLength: 300 }))
const lineCount = (body: Uint8Array) => body.reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0) + 2

function decode(decoder: PrometheusTextDecoder | OpenMetricsDecoder, body: Uint8Array): RecordingSink {
  const sink = new RecordingSink()
  decoder.decode(body, { nowMs: 0 }, sink)
  return sink
}

test('any bytes are read to their end without a throw, and each line gives at most a point or a refusal', () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      for (const decoder of [new PrometheusTextDecoder(), new OpenMetricsDecoder()]) {
        const { points, refusals } = decode(decoder, body)
        expect(points.length + refusals.length).toBeLessThanOrEqual(lineCount(body))
        for (const { position } of [...points, ...refusals]) expect(position).toBeLessThanOrEqual(lineCount(body))
      }
    }),
    { numRuns: 1000 },
  )
})

test('a decoder that has read other bodies reads a body as a new one does', () => {
  const used = new PrometheusTextDecoder()
  const sink = new RecordingSink()
  fc.assert(
    fc.property(anyBody, (body) => {
      sink.points.length = 0
      used.decode(body, { nowMs: 0 }, sink)
      expect(sink.lines()).toEqual(decode(new PrometheusTextDecoder(), body).lines())
    }),
    { numRuns: 200 },
  )
})

test('what is valid OpenMetrics the lenient decoder reads to the same points', () => {
  fc.assert(
    fc.property(mutated, (body) => {
      const strict = decode(new OpenMetricsDecoder(), body)
      fc.pre(strict.refusals.length === 0)
      const lenient = new RecordingSink()
      new PrometheusTextDecoder().decode(body, { nowMs: 0, format: 'openmetrics' }, lenient)
      expect(lenient.lines()).toEqual(strict.lines())
    }),
    { numRuns: 150, maxSkipsPerRun: 10_000 },
  )
})
