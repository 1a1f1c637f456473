import { Command } from 'commander'
import type { BacktestIncident } from '../../alerting/backtest/incidents.js'
import type { KeptVerdict } from '../../alerting/verdicts/verdict-store.js'
import { ask, type ServerOptions, withServer } from '../server.js'
import { textTable, timeText } from '../text-table.js'

export function verdictsCommand(): Command {
  return withServer(new Command('verdicts'))
    .description('what late data, once recomputed, say of a rule: what would have fired, what fired falsely')
    .argument('<rule>', 'its id')
    .action(async (id: string, server: ServerOptions) => {
      const path = `/api/v1/alert-rules/${encodeURIComponent(id)}/verdicts`
      const { data } = await ask<{ data: KeptVerdict[] }>(server, path)
      process.stdout.write(`${verdictsText(data)}\n`)
    })
}

/** Verdicts as a table. */
function verdictsText(verdicts: readonly KeptVerdict[]): string {
  if (verdicts.length === 0) return 'no recompute has changed what it fired on'
  const rows = verdicts.map(({ verdict, before, after, labels, foundMs }) => [
    timeText(foundMs),
    verdict,
    span(before),
    span(after),
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ])
  return textTable(['found', 'verdict', 'before', 'now', 'labels'], rows)
}

function span(incident: BacktestIncident | undefined): string {
  if (!incident) return '-'
  return `${timeText(incident.startMs)} to ${incident.endMs === undefined ? 'still firing' : timeText(incident.endMs)}`
}
