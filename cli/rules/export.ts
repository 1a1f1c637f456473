import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import type { ToldRule } from '../../alerting/rule-book/desk.js'
import { exportPrometheusRule, exportRule } from '../../alerting/rule-book/export-rules.js'
import { ask, type ServerOptions, withServer } from '../server.js'

type Format = 'tidemark' | 'prometheus'

export function exportCommand(): Command {
  return withServer(new Command('export'))
    .description('prints rules as a file that `tidemark rules apply` or `import` takes')
    .argument('[rules...]', 'ids; all if none is named')
    .addOption(
      new Option('--format <format>', 'tidemark for apply; prometheus for import, promtool and Prometheus')
        .choices(['tidemark', 'prometheus'])
        .default('tidemark'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark rules export > rules.yaml
  $ tidemark rules export high-error-rate --format prometheus`,
    )
    .action(async (ids: string[], { format, ...server }: ServerOptions & { format: Format }) => {
      const { data } = await ask<{ data: ToldRule[] }>(server, '/api/v1/alert-rules')
      const wanted = ids.length === 0 ? data : data.filter(({ rule_id }) => ids.includes(rule_id))
      process.stdout.write(exportText(wanted, format))
    })
}

/** Rules as a file. */
export function exportText(rules: readonly ToldRule[], format: Format): string {
  const options = { lineWidth: 0 }
  if (format === 'tidemark') return stringify({ rules: rules.map(exportRule) }, options)
  const groups = new Map<string, { name: string; interval?: string; rules: object[] }>()
  for (const rule of rules) {
    const name = rule.group ?? 'tidemark'
    const key = `${name} ${rule.interval ?? ''}`
    const group = groups.get(key) ?? { name, ...(rule.interval && { interval: rule.interval }), rules: [] }
    groups.set(key, group)
    if (rule.promql !== undefined) group.rules.push(exportPrometheusRule(rule, rule.promql))
  }
  return stringify({ groups: [...groups.values()] }, options)
}
