import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DETECTOR_NAMES, type DetectorName, TRAINED_DETECTORS } from '../../schemas/config/anomaly.js'
import type { Detector, Verdict } from '../../speed/anomaly/detector.js'
import { DETECTORS } from '../../speed/anomaly/detectors.js'
import type { CommandStreams } from '../decode.js'
import { columnsOf, readRow, type SeriesColumns } from './series-csv.js'
import { readPatterns, trainCommand } from './train.js'

/** Where time and value stand if there is no header. */
const FIRST_TWO: SeriesColumns = { timestamp: 0, value: 1 }

/** `tidemark anomaly`: tries a detector on a series of one's own. */
export function anomalyCommand(streams: CommandStreams = process): Command {
  return new Command('anomaly')
    .description('tries the anomaly detectors on a series of your own')
    .addCommand(scoreCommand(streams).exitOverride())
    .addCommand(trainCommand(streams).exitOverride())
}

function scoreCommand(streams: CommandStreams): Command {
  return new Command('score')
    .description('reads timestamp,value lines and adds score, lower and upper to each as it comes')
    .addOption(new Option('--detector <name>', 'which detector').choices(DETECTOR_NAMES).default('combined'))
    .option(
      '--pattern <file>',
      'combined, seasonal: what tidemark anomaly train printed, in place of learning as it goes',
    )
    .addHelpText(
      'after',
      `
In:  CSV with the columns timestamp and value, in the order of time. A timestamp is ISO 8601 (UTC unless it names a zone) or a
     number since the epoch in s, ms, µs or ns. An empty value or NaN is a missing one: it scores 0 and is not learned.
Out: the same lines, and behind each
       score  0 (as always) to 1 (never seen); from 0.5 on it is worth an alarm. 0 during the warm-up, whose end is
              told on standard error. The combined detector raises one event once.
       lower, upper  where the value was expected, before it was seen; empty while nothing is known
A line that cannot be read is left out and told on standard error with its number; the exit status is 1 then.
A value is judged by those before it alone, so the output can be followed live.

Detectors:
${DETECTOR_NAMES.map((name) => `  ${name.padEnd(12)} ${DETECTORS[name].about}`).join('\n')}

Examples:
  $ tidemark anomaly score < series.csv > scores.csv
  $ tidemark anomaly score < series.csv | awk -F, '$3 >= 0.5'            only what is worth an alarm
  $ tidemark anomaly score --detector seasonal < series.csv              learns days and weeks as it goes
  $ tidemark anomaly score --pattern pattern.json < series.csv           as the server judges after a night
  $ tail -f series.csv | tidemark anomaly score                          as it comes`,
    )
    .action(async ({ detector, pattern }: { detector: DetectorName; pattern?: string }) => {
      if (pattern !== undefined && !TRAINED_DETECTORS.has(detector))
        throw new InvalidArgumentError(`--pattern goes with --detector ${[...TRAINED_DETECTORS].join(' or ')}.`)
      const patterns = pattern === undefined ? [] : readPatterns(pattern)
      const refused = await scoreLines(
        streams,
        DETECTORS[detector].make(() => patterns),
      )
      if (refused > 0) streams.exitCode = 1
    })
}

/** @returns how many lines could not be read */
async function scoreLines({ stdin, stdout, stderr }: CommandStreams, detector: Detector): Promise<number> {
  let columns: SeriesColumns | undefined
  let lineNumber = 0
  let refused = 0
  let verdict: Verdict | undefined
  let toldWarm = false
  for await (const raw of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++
    const line = lineNumber === 1 ? raw.replace(/^\uFEFF/, '') : raw
    if (columns === undefined) {
      const named = columnsOf(line)
      columns = named ?? FIRST_TWO
      stdout.write(`${named ? line : 'timestamp,value'},score,lower,upper\n`)
      if (named) continue
    }
    if (line.trim() === '') continue
    const row = readRow(line, columns)
    if ('reason' in row) {
      refused++
      stderr.write(`line ${lineNumber}: ${row.reason}\n`)
      continue
    }
    verdict = detector.update(row.timeMs, row.value)
    if (verdict.warm && !toldWarm) {
      toldWarm = true
      stderr.write(`warm from line ${lineNumber} on\n`)
    }
    if (!stdout.write(`${line},${cells(verdict)}\n`)) await once(stdout, 'drain')
  }
  if (verdict && !verdict.warm)
    stderr.write(`never warm: ${verdict.missing} more values are needed before anything is scored\n`)
  return refused
}

function cells({ score, lower, upper }: Verdict): string {
  return [score, lower, upper].map((number) => (Number.isNaN(number) ? '' : Number(number.toPrecision(9)))).join(',')
}
