import { existsSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { Command } from 'commander'
import type { BacktestIncident } from '../../alerting/backtest/incidents.js'
import type { BacktestSummary } from '../../alerting/backtest/summary.js'
import type { BacktestLine } from '../../alerting/http/backtest.js'
import { readRules } from '../../alerting/rule-book/read-rules.js'
import { formatDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'
import { askLines, type ServerOptions, withServer } from '../server.js'
import { textTable, timeText } from '../text-table.js'
import { textOf } from './apply.js'

interface BacktestOptions extends ServerOptions {
  from: string
  to: string
  json?: boolean
}

export function backtestCommand(): Command {
  return withServer(new Command('backtest'))
    .description('the incidents that a rule would have had on what is recorded')
    .argument('<rule>', 'the id of a rule, a file that holds rules, or a condition')
    .requiredOption('--from <time>', 'RFC 3339, Unix seconds, or a duration before now')
    .option('--to <time>', 'likewise', '0s')
    .option('--json', 'JSON lines, as they come')
    .addHelpText(
      'after',
      `
It is judged as it is live: at the same times, by the same evaluator, on event time.

Examples:
  $ tidemark rules backtest high-error-rate --from 7d
  $ tidemark rules backtest new-rule.yaml --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z
  $ tidemark rules backtest 'cpu_usage > 90 FOR 10 minutes' --from 30d`,
    )
    .action(async (rule: string, { from, to, json, ...server }: BacktestOptions) => {
      for (const subject of await subjectsOf(rule)) {
        const lines = askLines<BacktestLine>(server, '/api/v1/alert-rules/backtest', { ...subject, from, to })
        if (json) for await (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`)
        else process.stdout.write(await followed(lines))
      }
    })
}

/** What is to be tested: rules of a file, a condition by itself, or a rule that is stored. */
async function subjectsOf(rule: string): Promise<{ rule?: object; rule_id?: string }[]> {
  if (existsSync(rule)) return readRules(await textOf(rule), rule).rules.map((one) => ({ rule: one }))
  if (/\s/.test(rule.trim())) return [{ rule: { name: 'backtest', when: rule } }]
  return [{ rule_id: rule }]
}

/** Shows how far it is, and gives what came of it. @throws what the server says */
async function followed(lines: AsyncIterable<BacktestLine>): Promise<string> {
  const bar = new SingleBar({ format: '{bar} {percentage}%', stream: process.stderr, clearOnComplete: true })
  const incidents: BacktestIncident[] = []
  let head = ''
  let summary: BacktestSummary | undefined
  bar.start(1, 0)
  try {
    for await (const line of lines) {
      if (line.type === 'begin') head = `${line.rule_id}: ${line.promql}\n`
      if (line.type === 'progress') {
        bar.setTotal(line.total)
        bar.update(line.done)
      }
      if (line.type === 'warning') process.stderr.write(`warning: ${line.warning}\n`)
      if (line.type === 'incident') incidents.push(line.incident)
      if (line.type === 'summary') summary = line.summary
      if (line.type === 'error') throw new TidemarkError('TM_REQUEST', { reason: line.message, fix: line.hint })
    }
  } finally {
    bar.stop()
  }
  return head + (summary ? backtestText(incidents, summary) : '')
}

/** Incidents as a table, and what they come to. */
export function backtestText(incidents: readonly BacktestIncident[], summary: BacktestSummary): string {
  const rows = [...incidents]
    .sort((a, b) => a.startMs - b.startMs)
    .map(({ startMs, endMs, labels, worst, worstMs }) => [
      timeText(startMs),
      endMs === undefined ? 'still firing' : timeText(endMs),
      formatDuration((endMs ?? summary.endMs) - startMs),
      String(Number(worst.toPrecision(6))),
      timeText(worstMs),
      labelsText(labels),
    ])
  const table = rows.length > 0 ? `${textTable(['start', 'end', 'lasted', 'worst', 'at', 'labels'], rows)}\n` : ''
  const { incidents: count, pages, series, firingMs, longestMs } = summary
  if (count === 0) return 'it would not have fired\n'
  return `${table}${count} incidents of ${series} series, ${pages} pages by service and region; firing for ${formatDuration(firingMs)}, the longest ${formatDuration(longestMs)}\n`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const told = Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity')
  return told.map(([name, value]) => `${name}=${value}`).join(' ') || '-'
}
