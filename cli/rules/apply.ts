import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { AppliedRule } from '../../alerting/rule-book/desk.js'
import { readRules } from '../../alerting/rule-book/read-rules.js'
import type { Rule } from '../../alerting/rule-book/rule.js'
import { TidemarkError } from '../../schemas/errors.js'
import { ask, type ServerOptions, withServer } from '../server.js'

interface ApplyOptions extends ServerOptions {
  dryRun?: boolean
}

export function applyCommand(): Command {
  return withServer(new Command('apply'))
    .description('creates and changes rules as files say; applied again, it changes nothing')
    .argument('<files...>', 'YAML or JSON: one rule, a list, or `rules: […]`; - is stdin')
    .option('--dry-run', 'shows what would be done and what each rule compiles to; stores nothing')
    .addHelpText(
      'after',
      `
A rule in YAML:
  name: High error rate
  when: api_error_rate > 5% FOR 5 minutes
  severity: P1
  notification_channels: ["pagerduty:team-a", "slack:#alerts"]

Other conditions:
  cpu_usage increases > 30% in 10 minutes        decreases, changes; an amount without % is a difference
  api_latency is anomalous above                 or below; with high sensitivity (low, medium, high)
  error_rate > 3% AND latency_p99 > 500ms        AND, OR, NOT, ( ); PER service chooses the labels that must be equal
  heartbeat is absent FOR 5 minutes              each cpu_usage is absent: of each series
  sum by (job) (rate(errors_total[5m])) > 10     any PromQL; KEEP FIRING FOR 10m

Instead of \`when\`: metric_query and condition {operator, threshold, duration}, as the table alert_rules has them.

Examples:
  $ tidemark rules apply rules.yaml --dry-run
  $ tidemark rules apply rules/*.yaml`,
    )
    .action(async (files: string[], { dryRun, ...server }: ApplyOptions) => {
      const rules: Rule[] = []
      for (const file of files) {
        const read = readRules(await textOf(file), file)
        rules.push(...read.rules)
        for (const left of read.leftOut) process.stderr.write(`${file}: left out: ${left}\n`)
      }
      process.stdout.write(appliedText(await applyRules(server, rules, dryRun), dryRun))
    })
}

/** Applies rules over the API. @throws as the server does */
export async function applyRules(
  server: ServerOptions,
  rules: readonly Rule[],
  dryRun = false,
): Promise<AppliedRule[]> {
  const body = { rules, dry_run: dryRun }
  return (await ask<{ data: AppliedRule[] }>(server, '/api/v1/alert-rules/apply', { method: 'POST', body })).data
}

/** The text of a file, or of stdin. @throws TM_RULE_FILE */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  } catch (cause) {
    const details = { file, where: 'the file', reason: (cause as Error).message, fix: 'name a file that can be read' }
    throw new TidemarkError('TM_RULE_FILE', details, cause)
  }
}

/** What was done, for people: each rule, what it was compiled to, and what they should know. */
export function appliedText(applied: readonly AppliedRule[], dryRun = false): string {
  const lines = applied.flatMap(({ rule_id, action, changes, promql, notes, warnings }) => [
    `${action.padEnd(9)}  ${rule_id}${changes.length > 0 ? `  (${changes.join(', ')})` : ''}`,
    ...(action === 'unchanged' ? [] : [`           ${promql}`, ...notes.map((note) => `           note: ${note}`)]),
    ...warnings.map((warning) => `           warning: ${warning}`),
  ])
  const count = (wanted: string) => applied.filter(({ action }) => action === wanted).length
  const sum = `${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged`
  return `${[...lines, dryRun ? `${sum} (dry run: nothing was stored)` : sum].join('\n')}\n`
}
