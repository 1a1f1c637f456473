import { expect, test } from 'vitest'
import type { MetricMetadata } from '../../schemas/metadata.js'
import { RecordingSink } from '../../test/recording-sink.js'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import { OtlpDecoder } from '../otlp/decoder.js'
import { encodeOtlp } from '../otlp/encode.js'
import { PrometheusTextDecoder } from '../prometheus/text-decoder.js'
import { ProtobufWriter } from '../protobuf/writer.js'
import { RemoteWriteDecoder } from '../remote-write/decoder.js'
import { MetadataRegistry } from './metadata.js'

/** A sink that hears what is said of metrics. */
class DescribedSink extends RecordingSink {
  readonly registry = new MetadataRegistry(3)
  describe(metric: string, said: Partial<MetricMetadata>): void {
    this.registry.describe(metric, said)
  }
  get said() {
    return Object.fromEntries(this.registry.all())
  }
}
const bytes = (text: string) => new TextEncoder().encode(text)

test('an exposition says type, help and unit of its metrics', () => {
  const sink = new DescribedSink()
  const text =
    '# HELP a_seconds How long\\nit took.\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n# TYPE "b.c" gauge\n# any comment\na_seconds 1\n'
  new PrometheusTextDecoder().decode(bytes(text), { nowMs: 1 }, sink)
  expect(sink.said).toEqual({
    a_seconds: { type: 'histogram', help: 'How long\nit took.', unit: 'seconds' },
    'b.c': { type: 'gauge', help: '', unit: '' },
  })
  expect(sink.refusals).toEqual([])
})

test('a remote-write request carries metadata beside its series', () => {
  const writer = new ProtobufWriter()
  writer.message(3, (inner) => {
    inner.int64(1, 1)
    inner.text(2, 'requests_total')
    inner.text(4, 'Requests.')
  })
  const sink = new DescribedSink()
  new RemoteWriteDecoder(new CumulativeHistograms(10, 0)).decode(writer.finish(), { nowMs: 1 }, sink)
  expect(sink.said).toEqual({ requests_total: { type: 'counter', help: 'Requests.', unit: '' } })
})

test('an OTLP metric is described under its translated name', () => {
  const metric = { name: 'rpc.time', description: 'Time.', unit: 's', gauge: { dataPoints: [] } }
  const sink = new DescribedSink()
  const decoder = new OtlpDecoder(new CumulativeHistograms(10, 0))
  decoder.decode(
    encodeOtlp({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }),
    { nowMs: 1, encoding: 'protobuf' },
    sink,
  )
  expect(sink.said).toEqual({ rpc_time_seconds: { type: 'gauge', help: 'Time.', unit: 's' } })
})

test('what is not said again stays, and the longest unheard metric makes room', () => {
  const registry = new MetadataRegistry(2)
  registry.describe('a', { help: 'A.' })
  registry.describe('b', { type: 'gauge' })
  registry.describe('a', { type: 'counter' })
  registry.describe('c', {})
  expect([...registry.all().keys()]).toEqual(['a', 'c'])
  expect(registry.all().get('a')).toEqual({ type: 'counter', help: 'A.', unit: '' })
})
