import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Command, InvalidArgumentError } from 'commander'
import { trainPatterns } from '../../batch/anomaly/train.js'
import { parseDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { SeasonalPattern } from '../../schemas/seasonal-pattern.js'
import type { CommandStreams } from '../decode.js'
import { columnsOf, readRow, type SeriesColumns } from './series-csv.js'

/** `tidemark anomaly train`: learns how a series repeats, for the seasonal detector. */
export function trainCommand(streams: CommandStreams): Command {
  return new Command('train')
    .description('learns how a series repeats (MSTL) and prints the pattern for score --pattern')
    .option('--period <duration>', 'after which it repeats; may be given several times (default 1d and 7d)', addPeriod)
    .addHelpText(
      'after',
      `
In:  CSV with the columns timestamp and value, in the order of time; it must hold each period twice, else that is left out.
Out: JSON, for each period its length and the seasonal part at each step.

Examples:
  $ tidemark anomaly train < last-month.csv > pattern.json
  $ tidemark anomaly train --period 1h < today.csv > pattern.json
  $ tidemark anomaly score --pattern pattern.json < series.csv`,
    )
    .action(async ({ period = [86_400_000, 7 * 86_400_000] }: { period?: number[] }) => {
      const readings = { timesMs: [] as number[], values: [] as number[] }
      let columns: SeriesColumns | undefined
      let lineNumber = 0
      for await (const line of createInterface({ input: streams.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
        lineNumber++
        if (columns === undefined) {
          const named = columnsOf(line)
          columns = named ?? { timestamp: 0, value: 1 }
          if (named) continue
        }
        if (line.trim() === '') continue
        const row = readRow(line, columns)
        if ('reason' in row) {
          streams.stderr.write(`line ${lineNumber}: ${row.reason}\n`)
          streams.exitCode = 1
        } else if (!Number.isNaN(row.value) && row.timeMs >= (readings.timesMs.at(-1) ?? Number.NEGATIVE_INFINITY)) {
          readings.timesMs.push(row.timeMs)
          readings.values.push(row.value)
        }
      }
      streams.stdout.write(`${JSON.stringify(await train(readings, period))}\n`)
    })
}

async function train(readings: { timesMs: number[]; values: number[] }, periods: number[]): Promise<SeasonalPattern[]> {
  try {
    return await trainPatterns(readings, periods)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new TidemarkError('TM_REQUEST', {
      reason: cause.message,
      fix: 'send a longer series, or name a shorter --period',
    })
  }
}

function addPeriod(text: string, before: number[] = []): number[] {
  try {
    return [...before, parseDuration(text)]
  } catch {
    throw new InvalidArgumentError('Use a duration such as 1h or 1d.')
  }
}

/** Reads what {@link trainCommand} printed. @throws TM_REQUEST if the file is no pattern */
export function readPatterns(file: string): SeasonalPattern[] {
  const refuse = (why: string) =>
    new TidemarkError('TM_REQUEST', {
      reason: `${file} is no pattern: ${why}`,
      fix: 'make it with tidemark anomaly train',
    })
  let patterns: unknown
  try {
    patterns = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw refuse((cause as Error).message)
  }
  if (!Array.isArray(patterns) || patterns.length === 0 || !patterns.every(isPattern))
    throw refuse('periodMs and phases are wanted')
  return patterns
}

function isPattern(value: Partial<SeasonalPattern> | null): value is SeasonalPattern {
  const { periodMs, phases } = value ?? {}
  return Number(periodMs) > 0 && Array.isArray(phases) && phases.length > 1 && phases.every(Number.isFinite)
}
