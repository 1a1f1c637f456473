import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { InfluxDecoder } from '../../ingest/influx/decoder.js'
import { encodeLine, type LineValue } from '../../ingest/influx/encode.js'
import { KEY_ESCAPES, MEASUREMENT_ESCAPES, STRING_ESCAPES, unescapeText } from '../../ingest/influx/escape.js'
import { LineParser } from '../../ingest/influx/line-parser.js'
import { type Precision, parsePrecision } from '../../ingest/influx/precision.js'
import { FieldKind } from '../../ingest/influx/slots.js'
import type { PointSink } from '../../ingest/sink.js'
import { parseExactJson } from './exact-json.js'
import type { CorpusReport } from './report.js'

type Text = string | { binary: string }

/** A point of the corpus. Integers are strings of their digits. */
interface CorpusPoint {
  time: string
  name: Text
  tags: { key: Text; value: Text }[]
  fields: { key: Text; value: Record<string, unknown> }[]
}

interface DecodeCase {
  input: { text: Text; defaultTime: string; precision: string }
  output: { result?: CorpusPoint[]; error?: string }
}

interface EncodeCase {
  input: { point: CorpusPoint; precision: string }
  output: { result?: Text; error?: string }
}

const NANOSECONDS: Partial<Record<Precision, bigint>> = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n }

/** The line-protocol corpus: exact points or a refusal for each decode case, exact bytes for each encode case. */
export async function runInflux(folder: string): Promise<CorpusReport> {
  const packed = await readFile(join(folder, 'corpus.json.gz'))
  const corpus = parseExactJson(gunzipSync(packed).toString()) as {
    decode: Record<string, DecodeCase>
    encode: Record<string, EncodeCase>
  }
  const report: CorpusReport = { corpus: 'influx', passed: 0, failures: [] }
  const judge = (name: string, failure: string | undefined): void => {
    if (failure === undefined) report.passed++
    else report.failures.push(`${name}: ${failure}`)
  }
  for (const [name, { input, output }] of Object.entries(corpus.decode))
    judge(`decode ${name}`, decodeCase(input, output))
  for (const [name, { input, output }] of Object.entries(corpus.encode))
    judge(`encode ${name}`, encodeCase(input, output))
  return report
}

function decodeCase(input: DecodeCase['input'], output: DecodeCase['output']): string | undefined {
  const bytes = bytesOf(input.text)
  const precision = precisionOf(input.precision)
  const found = parsePoints(bytes, precision, BigInt(input.defaultTime))
  const seen = decodedBy(new InfluxDecoder(), bytes, precision)
  if (output.error !== undefined) {
    if (typeof found !== 'string') return `read as ${JSON.stringify(found)}, but it is an error: ${output.error}`
    return seen.refused > 0 ? undefined : 'the tokens are refused, but the decoder refused nothing'
  }
  if (typeof found === 'string') return `refused: ${found}`
  const expected = (output.result ?? []).map(describePoint)
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    return `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`
  }
  const points = (output.result ?? []).flatMap((point) => point.fields).filter(({ value }) => !('string' in value))
  if (seen.refused > 0) return `the tokens are read, but the decoder refused ${seen.refused} lines`
  return seen.points === points.length ? undefined : `the decoder gave ${seen.points} points of ${points.length}`
}

function encodeCase({ point, precision }: EncodeCase['input'], output: EncodeCase['output']): string | undefined {
  let written: string
  try {
    written = encodeLine({
      measurement: textOf(point.name),
      tags: point.tags.map(({ key, value }) => [textOf(key), textOf(value)]),
      fields: point.fields.map(({ key, value }) => [textOf(key), lineValue(value)]),
      time: BigInt(point.time) / unitOf(precisionOf(precision)),
    })
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return output.error === undefined ? `refused: ${reason}` : undefined
  }
  if (output.result === undefined) return `written as ${written}, but it is an error: ${output.error}`
  const expected = textOf(output.result)
  return written === expected ? undefined : `expected ${expected}, found ${written}`
}

/** Every line as the corpus describes points, exactly; or the first line's fault. */
function parsePoints(bytes: Uint8Array, precision: Precision, defaultNs: bigint): string[] | string {
  const line = new LineParser()
  const unit = unitOf(precision)
  const points: string[] = []
  line.open(bytes, precision)
  while (line.next()) {
    line.findKey()
    if (!line.readKey() || !line.readFields()) return `line ${line.number}, ${line.fault}`
    const { tags, fields } = line
    const digits = asciiOf(bytes, line.time.start, line.time.end)
    points.push(
      describe({
        time: digits === '' ? floorTo(defaultNs, unit) : BigInt(digits) * unit,
        name: unescapeText(bytes, line.start, line.measurementEnd, MEASUREMENT_ESCAPES),
        tags: Array.from({ length: tags.count }, (_, i) => [
          unescapeText(bytes, tags.keyStart[i], tags.keyEnd[i], KEY_ESCAPES),
          unescapeText(bytes, tags.valueStart[i], tags.valueEnd[i], KEY_ESCAPES),
        ]),
        fields: Array.from({ length: fields.count }, (_, i) => [
          unescapeText(bytes, fields.keyStart[i], fields.keyEnd[i], KEY_ESCAPES),
          exactValue(line, bytes, i),
        ]),
      }),
    )
  }
  return points
}

function exactValue({ fields }: LineParser, bytes: Uint8Array, i: number): LineValue {
  const start = fields.valueStart[i]
  const end = fields.valueEnd[i]
  switch (fields.kind[i]) {
    case FieldKind.Integer:
      return { int: BigInt(asciiOf(bytes, start, end - 1)) }
    case FieldKind.Unsigned:
      return { uint: BigInt(asciiOf(bytes, start, end - 1)) }
    case FieldKind.Boolean:
      return { bool: fields.value[i] === 1 }
    case FieldKind.String:
      return { string: unescapeText(bytes, start, end, STRING_ESCAPES) }
    default:
      return { float: fields.value[i] }
  }
}

interface ExactPoint {
  time: bigint
  name: string
  tags: string[][]
  fields: [key: string, value: LineValue][]
}

/** A point as text in which nothing is lost. */
function describe({ time, name, tags, fields }: ExactPoint): string {
  const sorted = [...tags].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const values = fields.map(([key, value]) => {
    const [[type, exact]] = Object.entries(value)
    return [key, type, Object.is(exact, -0) ? '-0' : String(exact)]
  })
  return JSON.stringify([String(time), name, sorted, values])
}

function describePoint({ time, name, tags, fields }: CorpusPoint): string {
  return describe({
    time: BigInt(time),
    name: textOf(name),
    tags: tags.map(({ key, value }) => [textOf(key), textOf(value)]),
    fields: fields.map(({ key, value }) => [textOf(key), lineValue(value)]),
  })
}

function lineValue(value: Record<string, unknown>): LineValue {
  if ('float' in value) return { float: Number(value.float) }
  if ('int' in value) return { int: BigInt(value.int as string) }
  if ('uint' in value) return { uint: BigInt(value.uint as string) }
  if ('bool' in value) return { bool: value.bool as boolean }
  return { string: textOf(value.string as Text) }
}

/** What the product's decoder makes of the same bytes. */
function decodedBy(
  decoder: InfluxDecoder,
  bytes: Uint8Array,
  precision: Precision,
): { points: number; refused: number } {
  const seen = { points: 0, refused: 0 }
  const sink: PointSink = {
    epoch: 0,
    position: 0,
    series: () => 0,
    add: () => void seen.points++,
    addStale: () => {},
    refuse: () => void seen.refused++,
  }
  decoder.decode(bytes, { nowMs: 0, precision }, sink)
  return seen
}

function precisionOf(text: string): Precision {
  const precision = parsePrecision(text.replace(/^1/, ''))
  if (precision === undefined) throw new Error(`the corpus names a precision that is not known: ${text}`)
  return precision
}

function unitOf(precision: Precision): bigint {
  return NANOSECONDS[precision] ?? 1n
}

function floorTo(ns: bigint, unit: bigint): bigint {
  return ns - (((ns % unit) + unit) % unit)
}

function bytesOf(text: Text): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.binary, 'base64')
}

function textOf(text: Text): string {
  return bytesOf(text).toString()
}

function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1')
}
