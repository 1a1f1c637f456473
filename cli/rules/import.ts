import { Command } from 'commander'
import { importPrometheus } from '../../alerting/rule-book/prometheus-rules.js'
import type { Rule } from '../../alerting/rule-book/rule.js'
import { type ServerOptions, withServer } from '../server.js'
import { appliedText, applyRules, textOf } from './apply.js'

interface ImportOptions extends ServerOptions {
  dryRun?: boolean
  channel: string[]
}

export function importCommand(): Command {
  return withServer(new Command('import'))
    .description('takes alerting rules over from Prometheus rule files, as they are')
    .argument('<files...>', 'rule files; - is stdin')
    .option(
      '--channel <channel>',
      'where their incidents are told, such as slack:#alerts; may be repeated',
      collect,
      [],
    )
    .option('--dry-run', 'shows what would be done; stores nothing')
    .addHelpText(
      'after',
      `
The label \`severity\` stays, and decides P1 to P4: critical and page are P1, error and high P2, warning P3, info P4.
Rules that record series are left out, and told: list their file under alerting.rule_files.

Example:
  $ tidemark rules import /etc/prometheus/rules/*.yml --channel pagerduty:team-a`,
    )
    .action(async (files: string[], { dryRun, channel, ...server }: ImportOptions) => {
      const rules: Rule[] = []
      for (const file of files) {
        const read = importPrometheus(await textOf(file), file)
        rules.push(...read.rules.map((rule) => ({ ...rule, notification_channels: channel })))
        for (const left of read.leftOut) process.stderr.write(`${file}: left out: ${left}\n`)
      }
      process.stdout.write(appliedText(await applyRules(server, rules, dryRun), dryRun))
    })
}

function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
