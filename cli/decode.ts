import { createReadStream } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parsePrecision } from '../ingest/influx/precision.js'
import { PrintingSink } from '../ingest/printing-sink.js'
import { loadConfig } from '../schemas/config/load.js'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'
import { type DecodeSettings, decodeBody, FORMATS, POSITION_WORDS } from './decode-body.js'

/** Where a command reads and writes: the process, or what a test gives. */
export interface CommandStreams {
  stdin: Readable
  stdout: Writable
  stderr: Writable
  exitCode?: number | string | null
}

interface DecodeArguments extends DecodeSettings {
  config?: string
}

export function decodeCommand(streams: CommandStreams = process): Command {
  return new Command('decode')
    .description('prints what the gateway would understand, one JSON point a line; refused lines go to stderr')
    .argument('[file]', 'the bytes an agent sends, gzipped or not; standard input if left out')
    .addOption(new Option('--format <format>', 'the protocol').choices(FORMATS).makeOptionMandatory())
    .addOption(
      new Option('--precision <unit>', 'influx: unit of the timestamps (ns, us, ms, s, m, h)')
        .argParser(precision)
        .default('ns'),
    )
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
      const config = loadConfig({ path: options.config })
      const refused = await decodeTo(streams, await readInput(file, streams.stdin), options, config)
      if (refused > 0) streams.exitCode = 1
    })
}

function precision(text: string): string {
  if (parsePrecision(text)) return text
  throw new InvalidArgumentError('Use ns, us, ms, s, m or h.')
}

async function readInput(file: string | undefined, stdin: Readable): Promise<Buffer> {
  if (file === undefined) return buffer(stdin)
  try {
    return await buffer(createReadStream(file))
  } catch (cause) {
    const reason = `${file} cannot be read: ${(cause as Error).message}`
    throw new TidemarkError('TM_REQUEST', { reason, fix: 'name a file, or send the bytes to standard input' }, cause)
  }
}

/** Decodes a body and prints points and refusals. @returns how many were refused */
async function decodeTo(
  streams: CommandStreams,
  body: Buffer,
  options: DecodeArguments,
  config: Config,
): Promise<number> {
  const nowMs = Date.now()
  const word = POSITION_WORDS[options.format]
  const hinted = new Set<string>()
  let refused = 0
  const sink = new PrintingSink({
    limits: config.limits,
    nowMs,
    print: (point) => streams.stdout.write(`${JSON.stringify(point)}\n`),
    printRefusal: (position, { code, message, hint }, text) => {
      refused++
      // What to do is said once for each kind of refusal: a file may have thousands.
      const advice = hinted.has(code) ? '' : `  hint: ${hint}\n`
      hinted.add(code)
      streams.stderr.write(`${word} ${position}: ${code}: ${message}${text ? `: ${text}` : ''}\n${advice}`)
    },
  })
  try {
    await decodeBody(body, options, config, nowMs, sink)
  } catch (thrown) {
    if (!(thrown instanceof TidemarkError)) throw thrown
    sink.refuse(thrown)
  }
  return refused
}
