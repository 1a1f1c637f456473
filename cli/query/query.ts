import { Command, Option } from 'commander'
import { formatDuration, parseDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'
import { ask, askBytes, type ServerOptions, withServer } from '../server.js'
import type { QueryAnswer } from './answer.js'
import { PRINTED } from './print.js'

/** Points of a range query whose step is not given: a chart as wide as a terminal. */
const DEFAULT_POINTS = 100
const MIN_STEP_MS = 10_000
/** Columns where no terminal says how many it has. */
const DEFAULT_WIDTH = 100

interface QueryArguments extends ServerOptions {
  output: keyof typeof PRINTED | 'arrow'
  time?: string
  range?: string
  start?: string
  end?: string
  step?: string
  limit?: string
  timeout?: string
  epoch?: string
}

/** `tidemark query`: one question, answered in the form that its reader needs. */
export function queryCommand(): Command {
  return withServer(new Command('query'))
    .description('evaluates a PromQL expression over the merged view')
    .argument('<expr>', 'a PromQL expression')
    .option('--time <time>', 'time of an instant query (RFC 3339 or Unix seconds); default now')
    .option('--range <duration>', 'a range query of so long before --end')
    .option('--start <time>', 'start of a range query')
    .option('--end <time>', 'its end; default now')
    .option('--step <duration>', 'its step; default: about 100 points')
    .addOption(
      new Option('--output <form>', 'how the answer is printed')
        .choices([...Object.keys(PRINTED), 'arrow'])
        .default('table'),
    )
    .option('--limit <n>', 'most series returned')
    .option('--timeout <duration>', 'give up after this')
    .option('--epoch <n>', 'read the batch view as it was at this epoch')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark query 'sum by (cpu) (rate(host_cpu_seconds_total[5m]))'
  $ tidemark query 'host_load1' --range 1h --output chart
  $ tidemark query 'api_latency:p99' --range 7d --step 1h --output csv > latency.csv
  $ tidemark query 'up' --range 1d --output arrow > up.arrows

Warnings, infos and what is missing go to stderr. Exit status: 0 answered, 1 not answered.`,
    )
    .action(runQuery)
}

async function runQuery(expr: string, { url, token, output, ...options }: QueryArguments): Promise<void> {
  const path = queryPath(expr, options, Date.now())
  if (output === 'arrow') {
    if (process.stdout.isTTY) {
      throw new TidemarkError('TM_REQUEST', { reason: 'Arrow is binary', fix: 'send it to a file: … > answer.arrows' })
    }
    process.stdout.write(await askBytes({ url, token }, path, 'application/vnd.apache.arrow.stream'))
    return
  }
  const answer = await ask<QueryAnswer>({ url, token }, path)
  const screen = { width: process.stdout.columns ?? DEFAULT_WIDTH, colors: process.stdout.isTTY === true }
  process.stdout.write(`${PRINTED[output](answer, screen)}\n`)
  for (const note of [...(answer.warnings ?? []), ...(answer.infos ?? [])]) {
    process.stderr.write(`${note}\n`)
  }
}

/** The address of the API that answers. @throws TM_REQUEST for options that contradict each other */
export function queryPath(
  expr: string,
  options: Omit<QueryArguments, 'url' | 'token' | 'output'>,
  nowMs: number,
): string {
  const { time, range, start, end, step, ...rest } = options
  const isRange = range !== undefined || start !== undefined
  const parameters = new URLSearchParams({ query: expr, ...rest })
  if (!isRange) {
    if (end !== undefined || step !== undefined) {
      throw new TidemarkError('TM_REQUEST', { reason: '--end and --step are of range queries', fix: 'add --range 1h' })
    }
    if (time !== undefined) parameters.set('time', time)
    return `/api/v1/query?${parameters}`
  }
  if (time !== undefined) {
    throw new TidemarkError('TM_REQUEST', { reason: '--time is of instant queries', fix: 'use --end with --range' })
  }
  const endMs = end === undefined ? nowMs : momentMs('--end', end)
  const startMs = start === undefined ? endMs - durationMs('--range', range!) : momentMs('--start', start)
  // On the grid of the windows, so that a longer tier can answer.
  const stepMs =
    step === undefined
      ? Math.max(MIN_STEP_MS, roundStep((endMs - startMs) / DEFAULT_POINTS))
      : durationMs('--step', step)
  const isOpen = start === undefined && end === undefined
  const alignedEndMs = isOpen ? Math.floor(endMs / stepMs) * stepMs : endMs
  const alignedStartMs = isOpen ? Math.floor(startMs / stepMs) * stepMs : startMs
  parameters.set('start', String(alignedStartMs / 1000))
  parameters.set('end', String(alignedEndMs / 1000))
  parameters.set('step', formatDuration(stepMs))
  return `/api/v1/query_range?${parameters}`
}

/** The next longer of the steps that people read easily, ms. */
function roundStep(stepMs: number): number {
  const steps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]
  return (steps.find((seconds) => seconds * 1000 >= stepMs) ?? Math.ceil(stepMs / 86_400_000) * 86_400) * 1000
}

function durationMs(option: string, text: string): number {
  let ms: number
  try {
    ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  } catch (cause) {
    throw noDuration(option, text, cause)
  }
  if (ms > 0) return ms
  throw noDuration(option, text)
}

function noDuration(option: string, text: string, cause?: unknown): TidemarkError {
  const details = { reason: `${option} ${text} is not a duration`, fix: 'write 15s, 1h or 7d' }
  return new TidemarkError('TM_REQUEST', details, cause)
}

function momentMs(option: string, text: string): number {
  const ms = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isFinite(ms)) return ms
  const fix = 'write 2026-01-31T10:00:00Z or Unix seconds'
  throw new TidemarkError('TM_REQUEST', { reason: `${option} ${text} is not a time`, fix })
}
