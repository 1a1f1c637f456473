import { createReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import { CumulativeHistograms } from '../ingest/histogram/cumulative.js'
import { InfluxDecoder } from '../ingest/influx/decoder.js'
import { parsePrecision } from '../ingest/influx/precision.js'
import { OtlpDecoder } from '../ingest/otlp/decoder.js'
import { PrintingSink } from '../ingest/printing-sink.js'
import { OpenMetricsDecoder } from '../ingest/prometheus/openmetrics-decoder.js'
import { PrometheusTextDecoder } from '../ingest/prometheus/text-decoder.js'
import { RemoteWriteDecoder } from '../ingest/remote-write/decoder.js'
import { unsnappy } from '../ingest/remote-write/snappy.js'
import type { PointSink } from '../ingest/sink.js'
import { StatsdDecoder } from '../ingest/statsd/decoder.js'
import { loadConfig } from '../schemas/config/load.js'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import { WINDOW_MS } from '../schemas/time.js'

const FORMATS = ['influx', 'statsd', 'prometheus', 'openmetrics', 'otlp', 'remote-write'] as const
type Format = (typeof FORMATS)[number]

interface DecodeArguments {
  format: Format
  precision: string
  names?: 'keep'
  config?: string
}

export function decodeCommand(): Command {
  return new Command('decode')
    .description('prints what the gateway would understand, one JSON point a line; refused lines go to stderr')
    .argument('[file]', 'the bytes an agent sends; standard input if left out')
    .addOption(new Option('--format <format>', 'the protocol').choices(FORMATS).makeOptionMandatory())
    .option('--precision <unit>', 'influx: unit of the timestamps (ns, us, ms, s)', 'ns')
    .addOption(new Option('--names <rule>', 'statsd, otlp: keep names as they were sent').choices(['keep']))
    .option('--config <file>', 'a config file, for limits and options')
    .addHelpText(
      'after',
      `
Each line of the output: metric, labels, kind (sample or event), timestamp in ms, value; weight where it is not 1.
Values that JSON has no number for are "NaN", "+Inf", "-Inf" and "stale". Exit status 1 if anything was refused.

Examples:
  $ echo 'cpu,host=a usage=0.5 1767225600000000000' | tidemark decode --format influx
  $ echo 'page.views:3|c|@0.1|#country:se' | tidemark decode --format statsd
  $ curl -s localhost:9100/metrics | tidemark decode --format prometheus
  $ tidemark decode --format otlp metrics.json          JSON or protobuf, it is told apart
  $ tidemark decode --format remote-write body.snappy   snappy, or plain protobuf`,
    )
    .action(async (file: string | undefined, options: DecodeArguments) => {
      const body = await buffer(file ? createReadStream(file) : process.stdin)
      const refused = decodeTo(process.stdout, process.stderr, body, options, loadConfig({ path: options.config }))
      if (refused > 0) process.exitCode = 1
    })
}

/** Decodes a body and prints points and refusals. @returns how many were refused */
function decodeTo(out: NodeJS.WritableStream, err: NodeJS.WritableStream, body: Buffer, options: DecodeArguments, config: Config): number {
  const nowMs = Date.now()
  let refused = 0
  const printRefusal = (position: number, { code, message, hint }: TidemarkError, text?: string) => {
    refused++
    err.write(`line ${position}: ${code}: ${message}${text ? `: ${text}` : ''}\n  hint: ${hint}\n`)
  }
  const sink = new PrintingSink({ limits: config.limits, nowMs, print: (point) => out.write(`${JSON.stringify(point)}\n`), printRefusal })
  try {
    decoders(options, config, nowMs)[options.format](body, sink)
  } catch (thrown) {
    if (!(thrown instanceof TidemarkError)) throw thrown
    sink.refuse(thrown)
  }
  return refused
}

function decoders(options: DecodeArguments, config: Config, nowMs: number): Record<Format, (body: Buffer, sink: PointSink) => void> {
  const { limits, statsd, otlp } = config
  const histograms = () => new CumulativeHistograms(limits.gaugeStates, nowMs)
  return {
    influx: (body, sink) => {
      const precision = parsePrecision(options.precision)
      if (!precision) throw new TidemarkError('TM_REQUEST', { reason: `precision "${options.precision}" is not known`, fix: 'use ns, us, ms or s' })
      new InfluxDecoder().decode(body, { nowMs, precision }, sink)
    },
    statsd: (body, sink) => {
      const decoder = new StatsdDecoder({ limits, names: options.names ?? statsd.names, sets: statsd.sets })
      decoder.decode(body, { nowMs }, sink)
      decoder.flush(nowMs + WINDOW_MS, sink)
    },
    prometheus: (body, sink) => new PrometheusTextDecoder().decode(body, { nowMs }, sink),
    openmetrics: (body, sink) => new OpenMetricsDecoder().decode(body, { nowMs }, sink),
    otlp: (body, sink) => {
      const encoding = isJson(body) ? 'json' : 'protobuf'
      new OtlpDecoder(histograms()).decode(body, { nowMs, encoding, names: options.names ?? otlp.names }, sink)
    },
    'remote-write': (body, sink) => new RemoteWriteDecoder(histograms()).decode(unwrapped(body, limits.inflatedBytes), { nowMs }, sink),
  }
}

/** A protobuf message may begin like JSON text, but it does not parse as it. */
function isJson(body: Buffer): boolean {
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
