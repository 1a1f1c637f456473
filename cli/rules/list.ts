import { Command } from 'commander'
import type { ToldRule } from '../../alerting/rule-book/desk.js'
import { ask, type ServerOptions, withServer } from '../server.js'
import { textTable } from '../text-table.js'

/** A condition of more characters is cut. */
const LONG = 72

export function listCommand(): Command {
  return withServer(new Command('list'))
    .description('every managed rule')
    .option('--json', 'as JSON')
    .action(async ({ json, ...server }: ServerOptions & { json?: boolean }) => {
      const { data } = await ask<{ data: ToldRule[] }>(server, '/api/v1/alert-rules')
      process.stdout.write(`${json ? JSON.stringify(data, null, 2) : rulesText(data)}\n`)
    })
}

/** Rules as a table. */
export function rulesText(rules: readonly ToldRule[]): string {
  if (rules.length === 0) return 'no rules; `tidemark rules apply --help` shows how to write one'
  const rows = rules.map((rule) => [
    rule.rule_id,
    rule.severity,
    rule.error ? 'unusable' : rule.enabled ? 'on' : 'off',
    rule.when.length > LONG ? `${rule.when.slice(0, LONG - 1)}…` : rule.when,
    rule.notification_channels.join(', ') || '-',
  ])
  return textTable(['id', 'severity', 'state', 'when', 'channels'], rows)
}
