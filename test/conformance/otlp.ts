import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CumulativeHistograms } from '../../ingest/histogram/cumulative.js'
import { OtlpDecoder } from '../../ingest/otlp/decoder.js'
import { encodeOtlp, type OtlpRequest } from '../../ingest/otlp/encode.js'
import type { OtlpEncoding } from '../../ingest/otlp/options.js'
import { RecordingSink } from '../recording-sink.js'
import type { CorpusReport, CorpusRunner } from './report.js'

/** Bytes of the example as protobuf, as its corpus says. */
const EXAMPLE_BYTES = 636

/** When the example is taken to arrive, ms: one second after its points. */
const ARRIVAL_MS = 1_544_712_661_300

/** The OTLP example request: decoded from JSON without a refusal, and the same points once encoded to protobuf and decoded again. */
export const runOtlp: CorpusRunner = async (folder) => {
  const report: CorpusReport = { corpus: 'otlp', passed: 0, failures: [] }
  const check = (name: string, failure: string | undefined) => {
    if (failure === undefined) report.passed++
    else report.failures.push(`${name}: ${failure}`)
  }
  const json = await readFile(join(folder, 'metrics.json'))
  const fromJson = decode(json, 'json')
  check('metrics.json as JSON', fromJson.refused[0] ?? missing(fromJson.points))
  const protobuf = encodeOtlp(JSON.parse(json.toString('utf8')) as OtlpRequest)
  check(
    'metrics.json to protobuf',
    protobuf.length === EXAMPLE_BYTES ? undefined : `${protobuf.length} bytes, ${EXAMPLE_BYTES} wanted`,
  )
  const fromProtobuf = decode(protobuf, 'protobuf')
  const isSame = fromJson.points.join('\n') === fromProtobuf.points.join('\n')
  check(
    'metrics.json from protobuf',
    fromProtobuf.refused[0] ?? (isSame ? undefined : `other points: ${fromProtobuf.points.join(' ')}`),
  )
  return report
}

/** Names of the series that the four metrics of the example must give. */
const EXPECTED = [
  'my_counter_total',
  'my_gauge_ratio',
  'my_histogram_bucket',
  'my_histogram_count',
  'my_histogram_sum',
  'my_exponential_histogram',
]

function missing(points: readonly string[]): string | undefined {
  const name = EXPECTED.find((expected) => !points.some((point) => point.startsWith(`${expected}{`)))
  return name === undefined ? undefined : `no point of ${name}`
}

function decode(body: Uint8Array, encoding: OtlpEncoding): { points: string[]; refused: string[] } {
  const sink = new RecordingSink()
  new OtlpDecoder(new CumulativeHistograms(1000, ARRIVAL_MS)).decode(body, { nowMs: ARRIVAL_MS, encoding }, sink)
  const points = sink.points.map(
    ({ series, kind, timeMs, value, weight, stale }) =>
      `${series} ${kind} ${timeMs} ${stale ? 'stale' : value} x${weight}`,
  )
  return { points, refused: sink.refusals.map(({ position, reason }) => `data point ${position}: ${reason}`) }
}
