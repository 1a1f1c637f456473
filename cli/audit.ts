import { Command } from 'commander'
import type { AuditEntry } from '../access/audit-log.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable, timeText } from './text-table.js'

interface AuditOptions extends ServerOptions {
  since: string
  limit: string
  json?: boolean
}

/** `tidemark audit`: what operators and admins did. */
export function auditCommand(): Command {
  return withServer(new Command('audit'))
    .description('lists what operators and admins did, the newest last')
    .option('--since <duration>', 'how far back', '7d')
    .option('--limit <n>', 'most entries listed', '1000')
    .option('--json', 'print JSON, with the details of each action')
    .addHelpText('after', '\nExamples:\n  $ tidemark audit\n  $ tidemark audit --since 90d --json | jq .[].action')
    .action(async ({ since, limit, json, ...server }: AuditOptions) => {
      const parameters = new URLSearchParams({ since, limit })
      const { data } = await ask<{ data: AuditEntry[] }>(server, `/api/v1/admin/audit?${parameters}`)
      const entries = data.reverse()
      process.stdout.write(`${json ? JSON.stringify(entries, undefined, 2) : auditText(entries)}\n`)
    })
}

/** The log as a person reads it. */
export function auditText(entries: readonly AuditEntry[]): string {
  return textTable(
    ['time', 'who', 'role', 'from', 'action', 'target', 'outcome'],
    entries.map(({ atMs, name, role, address, action, target, outcome }) => [
      timeText(atMs),
      name,
      role,
      address,
      action,
      printable(target),
      outcome,
    ]),
  )
}

/** Whoever was refused chose the target's text: on a terminal it must be no more than text. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd')
}
