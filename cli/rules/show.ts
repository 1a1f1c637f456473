import { Command } from 'commander'
import { stringify } from 'yaml'
import type { ToldRule } from '../../alerting/rule-book/desk.js'
import { ask, type ServerOptions, withServer } from '../server.js'
import { timeText } from '../text-table.js'

export function showCommand(): Command {
  return withServer(new Command('show'))
    .description('one rule, with the PromQL that it is judged by')
    .argument('<rule>', 'its id')
    .action(async (id: string, server: ServerOptions) => {
      const { data } = await ask<{ data: ToldRule }>(server, `/api/v1/alert-rules/${encodeURIComponent(id)}`)
      process.stdout.write(ruleText(data))
    })
}

/** A rule as YAML, with its times for people. */
function ruleText({ created_ms, updated_ms, ...rule }: ToldRule): string {
  return stringify({ ...rule, created: timeText(created_ms), updated: timeText(updated_ms) }, { lineWidth: 0 })
}
