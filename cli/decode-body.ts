import { CumulativeHistograms } from '../ingest/histogram/cumulative.js'
import { readBody } from '../ingest/http/body.js'
import { InfluxDecoder } from '../ingest/influx/decoder.js'
import { parsePrecision } from '../ingest/influx/precision.js'
import { OtlpDecoder } from '../ingest/otlp/decoder.js'
import { promotedAttributes } from '../ingest/otlp/options.js'
import { OpenMetricsDecoder } from '../ingest/prometheus/openmetrics-decoder.js'
import { PrometheusTextDecoder } from '../ingest/prometheus/text-decoder.js'
import { RemoteWriteDecoder } from '../ingest/remote-write/decoder.js'
import { unsnappy } from '../ingest/remote-write/snappy.js'
import type { PointSink } from '../ingest/sink.js'
import { StatsdDecoder } from '../ingest/statsd/decoder.js'
import type { Config } from '../schemas/config/schema.js'
import { WINDOW_MS } from '../schemas/time.js'

/** Protocols that can be decoded. */
export const FORMATS = ['influx', 'statsd', 'prometheus', 'openmetrics', 'otlp', 'remote-write'] as const
export type Format = (typeof FORMATS)[number]

const OPENING_BRACE = 0x7b

/** What a position in a body of a format counts. */
export const POSITION_WORDS: Readonly<Record<Format, string>> = {
  influx: 'line',
  statsd: 'line',
  prometheus: 'line',
  openmetrics: 'line',
  otlp: 'data point',
  'remote-write': 'series',
}

/** What a decoding is told besides the bytes. */
export interface DecodeSettings {
  format: Format
  /** Unit of Influx timestamps, as `parsePrecision` reads it. */
  precision: string
  /** StatsD, OTLP: names as they were sent, whatever the config says. */
  names?: 'keep'
}

/**
 * Decodes one body as the gateway would, with decoders of its own.
 * @throws TM_BODY_ENCODING, TM_BODY_INFLATED_TOO_LARGE
 */
export async function decodeBody(
  sent: Buffer,
  settings: DecodeSettings,
  config: Config,
  nowMs: number,
  sink: PointSink,
): Promise<void> {
  const isGzipped = sent[0] === 0x1f && sent[1] === 0x8b
  const body = await readBody(sent, isGzipped ? 'gzip' : undefined, config.limits)
  decoders(settings, config, nowMs)[settings.format](body, sink)
}

function decoders(
  { names, precision }: DecodeSettings,
  { limits, statsd, otlp }: Config,
  nowMs: number,
): Record<Format, (body: Buffer, sink: PointSink) => void> {
  const histograms = () => new CumulativeHistograms(limits.gaugeStates, nowMs)
  return {
    influx: (body, sink) => new InfluxDecoder().decode(body, { nowMs, precision: parsePrecision(precision) }, sink),
    statsd: (body, sink) => {
      const decoder = new StatsdDecoder({ limits, names: names ?? statsd.names, sets: statsd.sets })
      decoder.decode(body, { nowMs }, sink)
      decoder.flush(nowMs + WINDOW_MS, sink)
    },
    prometheus: (body, sink) => new PrometheusTextDecoder().decode(body, { nowMs }, sink),
    openmetrics: (body, sink) => new OpenMetricsDecoder().decode(body, { nowMs }, sink),
    otlp: (body, sink) => {
      const encoding = isJson(body) ? 'json' : 'protobuf'
      const promoteResourceAttributes = promotedAttributes(otlp.promote_resource_attributes)
      const options = { nowMs, encoding, names: names ?? otlp.names, promoteResourceAttributes } as const
      new OtlpDecoder(histograms()).decode(body, options, sink)
    },
    'remote-write': (body, sink) => {
      new RemoteWriteDecoder(histograms()).decode(unwrapped(body, limits.inflatedBytes), { nowMs }, sink)
    },
  }
}

/** A message may begin with a line feed as JSON text may, but not with a brace, and it does not parse as JSON. */
function isJson(body: Buffer): boolean {
  if (body[0] === OPENING_BRACE) return true
  try {
    JSON.parse(body.toString('utf8'))
    return true
  } catch {
    return false
  }
}

/** A remote-write body is snappy; a message saved without it begins with the tag of its first series. */
function unwrapped(body: Buffer, limitBytes: number): Uint8Array {
  try {
    return unsnappy(body, limitBytes)
  } catch (error) {
    if (body[0] === 0x0a) return body
    throw error
  }
}
